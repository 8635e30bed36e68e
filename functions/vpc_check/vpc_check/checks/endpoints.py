"""VPC endpoints. Source: "Gateway endpoints" and "Access AWS services", AWS PrivateLink Guide."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.checks.endpoint_policy import allows_nothing, bucket_of, restricts
from vpc_check.checks.routes import is_certain, is_dead_end
from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network.aws_names import (
    is_service,
    matching,
    only_for_inbound,
    own_names,
    short_name,
)
from vpc_check.network.cidr import private
from vpc_check.network.destination import Destination
from vpc_check.network.paths import Analysis, Located, NetworkPath


def check(analysis: Analysis) -> Iterator[Located]:
    """Report endpoints that exist and don't help, or that may refuse."""
    for destination in analysis.destinations:
        paths = analysis.paths_to(destination)
        if destination.service:
            yield from _check_gateway_endpoints(analysis, destination, paths)
            yield from _check_private_dns_off(analysis, destination, paths)
        endpoint = analysis.facts.find("VpcEndpoints", "VpcEndpointId", destination.endpoint)
        if endpoint is not None:
            yield from _check_dns_host_names(analysis, destination, endpoint)
            yield from (("target", each) for each in _check_state(endpoint, destination))
            yield from _check_all_apis(endpoint, destination)


def _check_all_apis(endpoint: Row, destination: Destination) -> Iterator[Located]:
    """Say that private DNS of API Gateway's endpoint is for every API, and not for one's own.

    Source: "Private REST APIs", Amazon API Gateway Developer Guide: public ones answer 403 there.
    """
    name = str(endpoint["VpcEndpointId"])
    if is_service(destination.service, "execute-api") and endpoint.get("PrivateDnsEnabled"):
        finding = Finding(
            "ENDPOINT_TAKES_ALL_APIS",
            "info",
            name,
            f"private DNS of {name} leads every API of the region to it, and a public API answers "
            "403 there",
            "use a custom domain name for public APIs, or turn private DNS off",
            destination.target.text,
        )
        yield "target", finding


def _check_gateway_endpoints(
    analysis: Analysis, destination: Destination, paths: list[NetworkPath]
) -> Iterator[Located]:
    service, region = destination.service, destination.region
    for endpoint in matching(analysis.facts, "Gateway", service, region):
        tables = endpoint.get("RouteTableIds", [])
        if any(path.gateway and path.gateway.gateway.kind == "endpoint" for path in paths):
            yield from (("gateway", each) for each in _check_state(endpoint, destination))
        for path in paths:
            hop = path.table
            local = hop.gateway is not None and hop.gateway.kind == "local"
            if hop.table is not None and hop.id not in tables and not local:
                lost = is_dead_end(path) and is_certain(analysis, path)
                finding = Finding(
                    "ENDPOINT_ON_OTHER_TABLE",
                    "error" if lost else "warning",
                    str(endpoint["VpcEndpointId"]),
                    f"the gateway endpoint for {short_name(endpoint)} is on "
                    f"{', '.join(tables) or 'no route table'}, not on {hop.id}"
                    + ("" if lost else ": the traffic takes the longer way, which is billed"),
                    f"add {hop.id} to the endpoint's route tables",
                    destination.target.text,
                    path.subnet,
                )
                yield hop, finding


def _check_private_dns_off(
    analysis: Analysis, destination: Destination, paths: list[NetworkPath]
) -> Iterator[Located]:
    """Report an interface endpoint that the ordinary name does not lead to: private DNS is off."""
    # A name may lead to the endpoint by a private zone of one's own.
    if destination.endpoint or any(private(each.addresses) for each in destination.locations):
        return
    if paths and all(path.gateway and path.gateway.gateway.kind == "endpoint" for path in paths):
        return
    for endpoint in matching(analysis.facts, "Interface", destination.service, destination.region):
        if only_for_inbound(endpoint):
            continue
        names = own_names(endpoint)
        finding = Finding(
            "ENDPOINT_WITHOUT_PRIVATE_DNS",
            "error"
            if any(is_dead_end(path) and is_certain(analysis, path) for path in paths)
            else "warning",
            str(endpoint["VpcEndpointId"]),
            f"{endpoint['VpcEndpointId']} is for this service and has private DNS off, so "
            f"{destination.target.host} leads to a public address",
            "turn private DNS on" + (f", or have the client use {names[0]}" if names else ""),
            destination.target.text,
        )
        yield "dns", finding


def _check_dns_host_names(
    analysis: Analysis, destination: Destination, endpoint: Row
) -> Iterator[Located]:
    attributes = analysis.facts.sections.get("VpcAttributes") or {}
    own = destination.target.host.startswith(str(endpoint["VpcEndpointId"]))
    works = own or analysis.has_answered(destination)
    if not works and not attributes.get("EnableDnsHostnames", True):
        finding = Finding(
            "DNS_HOSTNAMES_DISABLED",
            "error",
            str(analysis.facts.vpc.get("VpcId", "VpcAttributes")),
            f"enableDnsHostnames is off, so private DNS of {endpoint['VpcEndpointId']} does not "
            f"work and {destination.target.host} leads to a public address",
            "set enableDnsHostnames on the VPC",
            destination.target.text,
        )
        yield "dns", finding


def _check_state(endpoint: Row, destination: Destination) -> Iterator[Finding]:
    name, state = str(endpoint["VpcEndpointId"]), str(endpoint.get("State", "available"))
    if state.lower() != "available":
        yield Finding(
            "BAD_STATE",
            "error",
            name,
            f"the endpoint {name} is {state}",
            "accept it if it is pending acceptance; otherwise create it again",
            destination.target.text,
        )
    policy = str(endpoint.get("PolicyDocument") or "")
    service, bucket = short_name(endpoint), bucket_of(destination.target.host)
    if bucket and allows_nothing(policy, service, bucket):
        yield Finding(
            "ENDPOINT_POLICY_RESTRICTS",
            "error",
            name,
            f"the policy of {name} lets nothing pass to the bucket {bucket}",
            f"allow arn:aws:s3:::{bucket} and arn:aws:s3:::{bucket}/* in the endpoint's policy",
            destination.target.text,
        )
    elif allows_nothing(policy, service):
        yield Finding(
            "ENDPOINT_POLICY_RESTRICTS",
            "error",
            name,
            f"the policy of {name} lets no request to {service} pass",
            "allow the actions that the function needs in the endpoint's policy",
            destination.target.text,
        )
    elif restricts(policy):
        yield Finding(
            "ENDPOINT_POLICY_RESTRICTS",
            "info",
            name,
            f"the policy of {name} does not allow everything: it may be what denies a request",
            "compare the policy with the action, the resource and the role of the request",
            destination.target.text,
        )
