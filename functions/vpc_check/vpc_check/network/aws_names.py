"""AWS services by host name. Source: "AWS services that integrate with AWS PrivateLink"."""

from __future__ import annotations

import re

from vpc_check.facts import Facts, Row

_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
_HOST = re.compile(rf"^(?P<labels>.+?)\.{_REGION}\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$")
# Host names that are not SERVICE.REGION.amazonaws.com, and the service of their prefix list. The
# names are those of botocore's endpoint rules and of the services' "Endpoints and quotas" pages.
_SPECIAL_HOSTS = tuple(
    (re.compile(pattern), service)
    for pattern, service in (
        # Dual-stack, FIPS, access points, websites, and the older form with a dash.
        (
            (
                rf"^(?:.+\.)?s3(?:-(?:website|(?:accesspoint|control)(?:-fips)?|fips))?(?:\.dualstack)?"
                rf"[.-]{_REGION}\.amazonaws\.com(?:\.cn)?$"
            ),
            "s3",
        ),
        (rf"^.+\.s3express-[a-z0-9-]+\.{_REGION}\.amazonaws\.com$", "s3express"),
        (rf"^s3express-control(?:\.dualstack)?\.{_REGION}\.amazonaws\.com$", "s3express"),
        (rf"^(?:dynamodb-fips|\d+\.ddb)\.{_REGION}\.(?:amazonaws\.com|api\.aws)$", "dynamodb"),
        (rf"^streams\.dynamodb\.{_REGION}\.amazonaws\.com$", "dynamodb-streams"),
        (rf"^.+\.vpc-lattice-svcs\.{_REGION}\.on\.aws$", "vpc-lattice"),
    )
)
# Host names whose first labels are not the service of their endpoint. Source: "AWS services that
# integrate with AWS PrivateLink", and botocore's endpoint rules for names with an account.
_ENDPOINT_SERVICES = tuple(
    (re.compile(pattern), service)
    for pattern, service in (
        (r"^(?:kinesis|(?:data|control)-kinesis\b.*)$", "kinesis-streams"),
        (r"^firehose$", "kinesis-firehose"),
        (r"^codeartifact$", "codeartifact.api"),
        (r"^codeartifact\.d\..+$", "codeartifact.repositories"),
        (r"^iot\.(?:data|[a-z0-9]+-ats)$", "iot.data"),
    )
)
_COMPUTER = re.compile(
    r"^(?:ip|ec2)-(?P<address>\d{1,3}(?:-\d{1,3}){3})\."
    r"(?:ec2\.internal|[a-z0-9-]+\.compute\.internal|compute-1\.amazonaws\.com"
    r"|[a-z0-9-]+\.compute\.amazonaws\.com(?:\.cn)?)$"
)
_S3_WITHOUT_REGION = re.compile(r"^(?:.+\.)?s3\.amazonaws\.com$")
# The types of endpoints that have names of their own.
NAMED_TYPES = ("Interface", "Resource", "ServiceNetwork")
GATEWAY_SERVICES = ("s3express", "s3", "dynamodb")
PREFIX_LIST_SERVICES = (*GATEWAY_SERVICES, "vpc-lattice")
# Names that lead to an address inside a VPC, so that "somewhere in the internet" would be wrong.
_INSIDE = re.compile(
    r"(^[^.]+$)|\.(internal|local|lan|corp|home\.arpa)$"
    r"|\.(rds|docdb|neptune|cache|memorydb|dax|elb|redshift|kafka|es|aoss)\b.*\.amazonaws\.com$"
    r"|\.(efs|fsx)\.[a-z0-9-]+\.amazonaws\.com$"
    r"|\.mq\.[a-z0-9-]+\.(amazonaws\.com|on\.aws)$|^vpc-[^.]+\.aos\.[a-z0-9-]+\.on\.aws$"
)
# Of these, the names that lead to a public address: domains of OpenSearch that are in no VPC, and
# the second names of MSK's brokers.
_PUBLIC = re.compile(r"^search-[^.]+\.[a-z0-9-]+\.es\.amazonaws\.com$|^b-\d+-public\..+\.kafka\.")
# Of these, the names that never lead to a public address.
_ALWAYS_INSIDE = re.compile(
    r"(^[^.]+$)|\.(internal|local|lan|corp|home\.arpa)$|^internal-[^.]+\..*\.elb\b"
    r"|\.(docdb|cache|memorydb|dax|kafka)\b.*\.amazonaws\.com$"
    r"|\.(efs|fsx)\.[a-z0-9-]+\.amazonaws\.com$|\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\."
    r"|^vpc-[^.]+\.(?:[a-z0-9-]+\.es\.amazonaws\.com|aos\.[a-z0-9-]+\.on\.aws)$"
)


def service_of(host: str, region: str) -> tuple[str, str]:
    """Return (service, region) of an AWS API's host name, ("", "") for any other host.

    The service is as in an endpoint's ServiceName, without its com.amazonaws.<region> prefix; more
    specific labels may follow: "s3.my-bucket", "ecr.dkr.123456789012". S3 without a region in the
    name could be anywhere; it counts as `region`.
    """
    if inside(host) or computer_address(host):
        return "", ""  # b-1.mq.REGION is a broker, whatever endpoint there is for the API of MQ
    if _S3_WITHOUT_REGION.match(host):
        return "s3", region
    for pattern, service in _SPECIAL_HOSTS:
        if special := pattern.match(host):
            return service, special["region"]
    found = _HOST.match(host)
    if found is None:
        return "", ""
    labels = ".".join(reversed(found["labels"].split(".")))
    named = (service for pattern, service in _ENDPOINT_SERVICES if pattern.match(labels))
    return next(named, labels), found["region"]


def is_service(service: str, name: str) -> bool:
    """Whether `service` of service_of is the service `name`, in whatever depth."""
    return service == name or service.startswith(f"{name}.")


def short_name(endpoint: Row) -> str:
    """The service of an endpoint: "sqs" of com.amazonaws.eu-west-1.sqs, "" for other services."""
    parts = _service_parts(endpoint)
    return ".".join(parts[3:]) if parts[1:2] == ["amazonaws"] else ""


def service_region(endpoint: Row) -> str:
    """The region that the endpoint's service is of."""
    parts = _service_parts(endpoint)
    return str(endpoint.get("ServiceRegion") or (parts[2] if len(parts) > 3 else ""))


def _service_parts(endpoint: Row) -> list[str]:
    """The parts of a ServiceName; in China some begin with "cn." before the "com."."""
    return str(endpoint.get("ServiceName", "")).removeprefix("cn.").split(".")


def inside(host: str) -> bool:
    """Whether a name is likely to lead to a private address."""
    return _INSIDE.search(host) is not None and _PUBLIC.search(host) is None


def always_inside(host: str) -> bool:
    """Whether a name never leads to a public address."""
    return _ALWAYS_INSIDE.search(host) is not None and _PUBLIC.search(host) is None


def computer_address(host: str) -> str:
    """The address in a name that EC2 gives: ip-10-0-5-10.REGION.compute.internal; "" in others.

    Source: "EC2 instance hostnames and domains", Amazon EC2 User Guide.
    """
    found = _COMPUTER.match(host)
    numbers = found["address"].split("-") if found else []
    return ".".join(numbers) if all(int(each) < 256 for each in numbers) else ""


def own_names(endpoint: Row) -> list[str]:
    """The names in an endpoint's DnsEntries, in lower case."""
    names = [str(each.get("DnsName", "")).lower() for each in endpoint.get("DnsEntries", [])]
    return [name for name in names if name]


def only_for_inbound(endpoint: Row) -> bool:
    """Whether private DNS of an S3 endpoint is for on-premises clients, and not for the VPC."""
    options = endpoint.get("DnsOptions") or {}
    return bool(options.get("PrivateDnsOnlyForInboundResolverEndpoint"))


def named(endpoint: Row, host: str) -> bool:
    """Whether an endpoint's own DNS entries have the host, wildcards included."""
    names = own_names(endpoint)
    parent = host.lower().partition(".")[2]
    return host.lower() in names or f"*.{parent}" in names


def matching(facts: Facts, kind: str, service: str, region: str) -> list[Row]:
    """The VPC's endpoints of a kind (Gateway, Interface) for a service of a region."""
    return [
        endpoint
        for endpoint in facts.rows("VpcEndpoints")
        if endpoint.get("VpcEndpointType") == kind
        and short_name(endpoint)
        and is_service(service, short_name(endpoint))
        and service_region(endpoint) == region
    ]
