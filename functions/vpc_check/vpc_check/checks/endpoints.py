"""VPC endpoints. Source: "Gateway endpoints" and "Access AWS services", AWS PrivateLink Guide."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network import aws_names as services
from vpc_check.network.destination import Destination
from vpc_check.network.paths import Case, Journey


def check(case: Case) -> Iterator[Finding]:
    """Report endpoints that exist and don't help, or that may refuse."""
    for destination in case.destinations:
        journeys = [each for each in case.journeys if each.destination is destination]
        if destination.service:
            yield from _gateway(case, destination, journeys)
            yield from _unnamed(case, destination, journeys)
        endpoint = case.facts.find("VpcEndpoints", "VpcEndpointId", destination.endpoint)
        if endpoint is not None:
            yield from _private_dns(case, destination, endpoint)
            yield from _state(endpoint, destination)


def dead(journey: Journey) -> bool:
    """Whether the journey ends without the endpoint."""
    state = (journey.route or {}).get("State")
    kind = journey.gateway.kind if journey.gateway else ""
    return journey.route is None or state == "blackhole" or (kind == "igw" and journey.version == 4)


def _gateway(case: Case, destination: Destination, journeys: list[Journey]) -> Iterator[Finding]:
    service, region = destination.service, destination.region
    for endpoint in services.matching(case.facts, "Gateway", service, region):
        tables = endpoint.get("RouteTableIds", [])
        if any(journey.gateway and journey.gateway.kind == "endpoint" for journey in journeys):
            yield from _state(endpoint, destination)
        for journey in journeys:
            table = str((journey.table or {}).get("RouteTableId", ""))
            local = journey.gateway is not None and journey.gateway.kind == "local"
            if table and table not in tables and not local:
                lost = dead(journey)
                yield Finding(
                    "ENDPOINT_ON_OTHER_TABLE",
                    "error" if lost else "warning",
                    str(endpoint["VpcEndpointId"]),
                    f"the gateway endpoint for {services.short_name(endpoint)} is on "
                    f"{', '.join(tables) or 'no route table'}, not on {table}"
                    + ("" if lost else ": the traffic takes the longer way, which is billed"),
                    f"add {table} to the endpoint's route tables",
                    destination.target.text,
                    journey.subnet,
                )


def _unnamed(case: Case, destination: Destination, journeys: list[Journey]) -> Iterator[Finding]:
    """Report an interface endpoint that the ordinary name does not lead to: private DNS is off."""
    if destination.endpoint:
        return
    service, region = destination.service, destination.region
    for endpoint in services.matching(case.facts, "Interface", service, region):
        names = services.own_names(endpoint)
        yield Finding(
            "ENDPOINT_WITHOUT_PRIVATE_DNS",
            "error" if any(map(dead, journeys)) else "warning",
            str(endpoint["VpcEndpointId"]),
            f"{endpoint['VpcEndpointId']} is for this service and has private DNS off, so "
            f"{destination.target.host} leads to a public address",
            "turn private DNS on" + (f", or have the client use {names[0]}" if names else ""),
            destination.target.text,
        )


def _private_dns(case: Case, destination: Destination, endpoint: Row) -> Iterator[Finding]:
    attributes = case.facts.sections.get("VpcAttributes") or {}
    own = destination.target.host.startswith(str(endpoint["VpcEndpointId"]))
    if not own and not attributes.get("EnableDnsHostnames", True):
        yield Finding(
            "DNS_HOSTNAMES_DISABLED",
            "error",
            str(case.facts.vpc.get("VpcId", "VpcAttributes")),
            f"enableDnsHostnames is off, so private DNS of {endpoint['VpcEndpointId']} does not "
            f"work and {destination.target.host} leads to a public address",
            "set enableDnsHostnames on the VPC",
            destination.target.text,
        )


def _state(endpoint: Row, destination: Destination) -> Iterator[Finding]:
    name, state = str(endpoint["VpcEndpointId"]), str(endpoint.get("State", "available"))
    if state.lower() != "available":
        yield Finding(
            "BAD_STATE",
            "error",
            name,
            f"the endpoint {name} is {state}",
            "accept it if it is pending acceptance; otherwise make it anew",
            destination.target.text,
        )
    if _restricts(str(endpoint.get("PolicyDocument") or "")):
        yield Finding(
            "ENDPOINT_POLICY_RESTRICTS",
            "info",
            name,
            f"the policy of {name} does not allow everything: it may be what denies a request",
            "compare the policy with the action, the resource and the role of the request",
            destination.target.text,
        )


def _restricts(policy: str) -> bool:
    """Whether a policy is other than the default, which allows everything to everyone."""
    if not policy:
        return False
    statements = json.loads(policy).get("Statement", [])
    rows = statements if isinstance(statements, list) else [statements]
    return not all(
        row.get("Effect") == "Allow"
        and row.get("Action") == "*"
        and row.get("Resource") == "*"
        and row.get("Principal") in ("*", {"AWS": "*"})
        and not row.get("Condition")
        for row in rows
    )
