"""Facts from AWS: paginated describe calls, many at a time. What is refused is a fact, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from surefoot.kit.aws_errors import AwsError
from vpccheck.facts import Facts, Row, Unknown
from vpccheck.named import named
from vpccheck.pages import pages
from vpccheck.request import Request, RequestError
from vpccheck.role import read_role

if TYPE_CHECKING:
    from vpccheck.clients import Clients

Fetch = Callable[[], Any]
_WORKERS = 12
_QUOTA = ("lambda", "L-9FEE3D26")  # Elastic network interfaces per VPC
# section → (operation of EC2's client, the filter that narrows it to the VPC)
_OF_THE_VPC = {
    "Vpcs": ("describe_vpcs", "vpc-id"),
    "Subnets": ("describe_subnets", "vpc-id"),
    "RouteTables": ("describe_route_tables", "vpc-id"),
    "NetworkAcls": ("describe_network_acls", "vpc-id"),
    "SecurityGroups": ("describe_security_groups", "vpc-id"),
    "VpcEndpoints": ("describe_vpc_endpoints", "vpc-id"),
    "NatGateways": ("describe_nat_gateways", "vpc-id"),
    "InternetGateways": ("describe_internet_gateways", "attachment.vpc-id"),
    "NetworkInterfaces": ("describe_network_interfaces", "vpc-id"),
    "VpcPeeringConnections": ("describe_vpc_peering_connections", ""),
    "PrefixLists": ("describe_prefix_lists", ""),
}
_ATTRIBUTES = {"EnableDnsSupport": "enableDnsSupport", "EnableDnsHostnames": "enableDnsHostnames"}


def collect(clients: Clients, request: Request, *, probing_as: str = "") -> Facts:
    """Fetch what the checks need. Raises RequestError for a function or subnets that don't exist.

    :param probing_as: the function that probes, when it is another than the one that is checked
    """
    sections: dict[str, Any] = {}
    unknown: dict[str, Unknown] = {}
    with ThreadPoolExecutor(_WORKERS) as pool:

        def fetch(tasks: Mapping[str, tuple[str, Fetch]]) -> None:
            running = {
                name: (service, pool.submit(task)) for name, (service, task) in tasks.items()
            }
            for name, (service, future) in running.items():
                _take(name, service, future, sections, unknown)

        fetch({"Function": ("lambda", lambda: _function(clients, request))})
        if "Function" in unknown:
            return Facts(clients.region, sections, unknown)
        function = sections["Function"]
        tasks = dict(_beside_the_vpc(clients, request, function, probing_as))
        subnets = (function.get("VpcConfig") or {}).get("SubnetIds")
        vpc = _vpc_of(clients, function, unknown) if subnets else ""
        if vpc:
            tasks |= dict(_of_the_vpc(clients, vpc))
        fetch(tasks)
        fetch(dict(named(clients.ec2, sections)))
    return Facts(clients.region, sections, unknown)


def _take(
    name: str,
    service: str,
    future: Future[Any],
    sections: dict[str, Any],
    unknown: dict[str, Unknown],
) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        sections[name] = future.result()
        unknown.pop(name, None)  # what failed before and did not now
    except (BotoCoreError, ClientError) as error:
        unknown[name] = _unknown(error, service)


def _unknown(error: BaseException, service: str) -> Unknown:
    told = AwsError.from_exception(error, service)
    if told.kind == "unavailable" and not hasattr(error, "response"):
        return Unknown(
            f"the API of {service} does not answer from here ({told.code})",
            "run this check outside of the VPC as well, or give the VPC an endpoint for that API",
        )
    return Unknown(f"{told.api} was refused ({told.code}): {told.message}", told.remedy)


def _function(clients: Clients, request: Request) -> Any:
    from botocore.exceptions import ClientError

    if request.vpc_config is not None:
        return {"VpcConfig": dict(request.vpc_config)}
    try:
        return clients.awslambda.get_function_configuration(FunctionName=request.function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise RequestError(
            f"there is no function {request.function!r} in {clients.region}: name one that "
            "exists, or give a vpc_config"
        ) from error


def _beside_the_vpc(
    clients: Clients, request: Request, function: Row, probing_as: str
) -> Iterator[tuple[str, tuple[str, Fetch]]]:
    if function.get("Role"):
        name = str(function["Role"]).rpartition("/")[2]
        yield "Role", ("iam", lambda: read_role(clients.iam, name))
    hosts = [target.host for target in request.targets]
    if request.discover & {"rds", "docdb"} or any(".rds." in h or ".docdb." in h for h in hosts):
        for section, operation in (
            ("DBInstances", "describe_db_instances"),
            ("DBClusters", "describe_db_clusters"),
        ):
            yield section, ("rds", pages(clients.rds, operation, section))
    if probing_as:
        yield (
            "Place",
            (
                "lambda",
                lambda: clients.awslambda.get_function_configuration(FunctionName=probing_as),
            ),
        )


def _vpc_of(clients: Clients, function: Row, unknown: dict[str, Unknown]) -> str:
    """The VPC of the function's subnets; those that don't exist are left to the checks."""
    from botocore.exceptions import BotoCoreError, ClientError

    ids = function["VpcConfig"]["SubnetIds"]
    filters = [{"Name": "subnet-id", "Values": ids}]
    try:
        rows = pages(clients.ec2, "describe_subnets", "Subnets", Filters=filters)()
    except (BotoCoreError, ClientError) as error:
        unknown["Subnets"] = _unknown(error, "ec2")
        return str(function["VpcConfig"].get("VpcId", ""))
    if not rows:
        raise RequestError(
            f"none of the subnets {', '.join(ids)} exists in {clients.region}: name subnets of "
            "this region"
        )
    return str(rows[0]["VpcId"])


def _of_the_vpc(clients: Clients, vpc: str) -> Iterator[tuple[str, tuple[str, Fetch]]]:
    for section, (operation, name) in _OF_THE_VPC.items():
        filters = {"Filters": [{"Name": name, "Values": [vpc]}]} if name else {}
        yield section, ("ec2", pages(clients.ec2, operation, section, **filters))
    yield "VpcAttributes", ("ec2", lambda: _attributes(clients, vpc))
    yield "InterfaceQuota", ("servicequotas", lambda: _quota(clients))


def _quota(clients: Clients) -> int:
    service, code = _QUOTA
    answer = clients.quotas.get_service_quota(ServiceCode=service, QuotaCode=code)
    return int(answer["Quota"]["Value"])


def _attributes(clients: Clients, vpc: str) -> dict[str, bool]:
    return {
        member: bool(clients.ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[member]["Value"])
        for member, name in _ATTRIBUTES.items()
    }
