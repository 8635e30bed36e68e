"""Facts from AWS: paginated describe calls, many at a time. What is refused is a fact, too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from surefoot.kit.aws_errors import AwsError
from surefoot.kit.errors import UserError
from vpc_check.aws import lookups
from vpc_check.aws.clients import failures, pages
from vpc_check.aws.flow_logs import of_flow_logs
from vpc_check.facts import Attachment, Facts, Row, Unknown, capacity_provider
from vpc_check.request import Request

if TYPE_CHECKING:
    from vpc_check.aws.clients import Clients


Fetch = Callable[[], Any]
_OTHER_GROUPS = "SecurityGroupsElsewhere"
_PEER_LISTS = "PeerPrefixLists"
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
    """Fetch what the checks need. Raises UserError for a function or subnets that don't exist.

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
        provider = capacity_provider(function)
        if provider:
            fetch({"CapacityProvider": ("lambda", lambda: _provider(clients, provider))})
        tasks = dict(_beside_the_vpc(clients, request, function, probing_as))
        attachment = Attachment.of(function, sections.get("CapacityProvider"))
        vpc = _vpc_of(clients, attachment, function, unknown) if attachment.subnets else ""
        if vpc:
            tasks |= dict(_of_the_vpc(clients, vpc))
        fetch(tasks)
        hosts = [target.host for target in request.targets]
        tasks = dict(named(clients.ec2, sections, attachment, vpc))
        tasks |= dict(lookups.of_targets(clients, hosts))
        if vpc:
            tasks |= dict(lookups.of_vpc(clients, sections, vpc, hosts))
        fetch(tasks)
        if vpc:
            tasks = dict(lookups.of_far_side(clients, sections, vpc))
            reading = of_flow_logs(clients, sections, attachment)
            fetch(tasks | dict([reading] if reading else []))
            fetch(dict(_peer_lists(clients.ec2, sections)))
    _join(sections, _OTHER_GROUPS, "SecurityGroups")
    _join(sections, _PEER_LISTS, "ManagedPrefixLists")
    return Facts(clients.region, sections, unknown)


def _take(
    name: str,
    service: str,
    future: Future[Any],
    sections: dict[str, Any],
    unknown: dict[str, Unknown],
) -> None:
    try:
        sections[name] = future.result()
        unknown.pop(name, None)  # what failed before and did not now
    except failures() as error:
        unknown[name] = to_unknown(error, service)


def to_unknown(error: BaseException, service: str) -> Unknown:
    """Why a call failed, and what to do about it."""
    refused = AwsError.from_exception(error, service)
    if refused.kind == "unavailable" and not hasattr(error, "response"):
        return Unknown(
            f"the API of {service} does not answer from here ({refused.code})",
            "run this check outside of the VPC as well, or give the VPC an endpoint for that API",
        )
    return Unknown(f"{refused.api} was refused ({refused.code}): {refused.message}", refused.remedy)


def _function(clients: Clients, request: Request) -> Any:
    from botocore.exceptions import ClientError

    if request.vpc_config is not None:
        return {"VpcConfig": dict(request.vpc_config)}
    try:
        return clients.awslambda.get_function_configuration(FunctionName=request.function)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise UserError(
            f"there is no function {request.function!r} in {clients.region}",
            "name one that exists, or give a vpc_config",
        ) from error


def _beside_the_vpc(
    clients: Clients, request: Request, function: Row, probing_as: str
) -> Iterator[tuple[str, tuple[str, Fetch]]]:
    if function.get("Role"):
        name = str(function["Role"]).rpartition("/")[2]
        yield "Role", ("iam", lambda: read_role(clients.iam, name))
    hosts = [target.host for target in request.targets]
    if request.discover & {"rds", "docdb"} or any(map(_is_database, hosts)):
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


def _is_database(host: str) -> bool:
    return any(name in host for name in (".rds.", ".docdb.", ".neptune."))


def _provider(clients: Clients, arn: str) -> Any:
    return clients.awslambda.get_capacity_provider(CapacityProviderName=arn)["CapacityProvider"]


def _join(sections: dict[str, Any], more: str, section: str) -> None:
    """Put rows of other VPCs to those of the function's VPC."""
    others = sections.pop(more, [])
    if others:
        sections[section] = [*sections.get(section, []), *others]


def _peer_lists(ec2: Any, sections: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, Fetch]]]:
    """The entries of prefix lists that the other VPCs' route tables name."""
    known = {row["PrefixListId"] for row in sections.get("PrefixLists", [])}
    known |= {row["PrefixListId"] for row in sections.get("ManagedPrefixLists", [])}
    lists = sorted(set(_lists_of_tables(sections.get("PeerRouteTables", []))) - known)
    if lists:
        yield _PEER_LISTS, ("ec2", lambda: [_entries(ec2, name) for name in lists])


def _vpc_of(
    clients: Clients, attachment: Attachment, function: Row, unknown: dict[str, Unknown]
) -> str:
    """The VPC of the function's subnets; those that don't exist are left to the checks."""
    ids = list(attachment.subnets)
    filters = [{"Name": "subnet-id", "Values": ids}]
    try:
        rows = pages(clients.ec2, "describe_subnets", "Subnets", Filters=filters)()
    except failures() as error:
        unknown["Subnets"] = to_unknown(error, "ec2")
        return str((function.get("VpcConfig") or {}).get("VpcId", ""))
    if not rows:
        raise UserError(
            f"none of the subnets {', '.join(ids)} exists in {clients.region}",
            "name subnets of this region",
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


def named(
    ec2: Any, sections: Mapping[str, Any], attachment: Attachment, vpc: str
) -> Iterator[tuple[str, tuple[str, Callable[[], Any]]]]:
    """Yield (section, (service, what fetches it)) for what the sections so far refer to."""
    options = [row["DhcpOptionsId"] for row in sections.get("Vpcs", []) if row.get("DhcpOptionsId")]
    if options and options != ["default"]:  # the word for none at all
        fetch = pages(ec2, "describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=options)
        yield "DhcpOptions", ("ec2", fetch)
    known = {row["GroupId"] for row in sections.get("SecurityGroups", [])}
    missing = [name for name in attachment.groups if name not in known]
    if missing and "SecurityGroups" in sections:
        # Groups of other VPCs may be associated with this one.
        filters = [{"Name": "group-id", "Values": missing}]
        fetch = pages(ec2, "describe_security_groups", "SecurityGroups", Filters=filters)
        yield _OTHER_GROUPS, ("ec2", fetch)
        section = "SecurityGroupVpcAssociations"
        filters = [{"Name": "vpc-id", "Values": [vpc]}]
        operation = "describe_security_group_vpc_associations"
        yield section, ("ec2", pages(ec2, operation, section, Filters=filters))
    of_aws = {row["PrefixListId"] for row in sections.get("PrefixLists", [])}
    lists = sorted(set(_lists(sections)) - of_aws)
    if lists:
        yield "ManagedPrefixLists", ("ec2", lambda: [_entries(ec2, name) for name in lists])


def _entries(ec2: Any, name: str) -> Row:
    fetch = pages(ec2, "get_managed_prefix_list_entries", "Entries", PrefixListId=name)
    return {"PrefixListId": name, "Entries": fetch()}


def _lists(sections: Mapping[str, Any]) -> Iterator[str]:
    yield from _lists_of_tables(sections.get("RouteTables", []))
    for group in sections.get("SecurityGroups", []):
        for rule in (*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])):
            for each in rule.get("PrefixListIds", []):
                yield str(each["PrefixListId"])


def _lists_of_tables(tables: Iterable[Row]) -> Iterator[str]:
    for table in tables:
        for route in table.get("Routes", []):
            if route.get("DestinationPrefixListId"):
                yield str(route["DestinationPrefixListId"])


def read_role(iam: Any, name: str) -> Row:
    """Return RoleName, Policies (Name, Document) and PermissionsBoundary, a document or None.

    Raises what boto3's IAM client raises.
    """
    role = iam.get_role(RoleName=name)["Role"]
    policies: list[Row] = []
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for row in page["AttachedPolicies"]:
            document = _document(iam, row["PolicyArn"])
            policies.append({"Name": row["PolicyName"], "Document": document})
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
        for inline in page["PolicyNames"]:
            answer = iam.get_role_policy(RoleName=name, PolicyName=inline)
            policies.append({"Name": inline, "Document": answer["PolicyDocument"]})
    boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return {
        "RoleName": name,
        "Policies": policies,
        "PermissionsBoundary": _document(iam, boundary) if boundary else None,
    }


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    answer = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    return answer["PolicyVersion"]["Document"]
