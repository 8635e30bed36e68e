"""NAT gateways. Source: "NAT gateways", Amazon VPC User Guide."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check import wayout
from vpc_check.findings import Finding
from vpc_check.network.cidr import private
from vpc_check.network.paths import Case


def check(case: Case) -> Iterator[Finding]:
    """Report a NAT that is gone or failed, is private, or has no way out of its own subnet."""
    for journey in case.journeys:
        gateway = journey.gateway
        if gateway is None or gateway.kind != "nat":
            continue
        if (journey.route or {}).get("State") == "blackhole":
            continue  # told by the check of routes
        where = (journey.target.text, journey.subnet)
        row = case.facts.find("NatGateways", "NatGatewayId", gateway.id)
        state = str(row.get("State", "available")) if row else "gone"
        if row is None or state != "available":
            reason = f" ({row['FailureMessage']})" if row and row.get("FailureMessage") else ""
            yield Finding(
                "BAD_STATE",
                "error",
                gateway.id,
                f"the NAT gateway {gateway.id} is {state}{reason}",
                "make a NAT gateway in a public subnet and point the route at it",
                *where,
            )
        elif row.get("ConnectivityType") == "private" and not private(journey.addresses):
            yield Finding(
                "NO_POSSIBLE_DESTINATION",
                "error",
                gateway.id,
                f"{gateway.id} is a private NAT gateway, which leads to no public address",
                "make a public NAT gateway, with an Elastic IP address, in a public subnet",
                *where,
            )
        else:  # a regional one has no subnet to be looked at: its way out is its own
            yield from wayout.check(case, journey)
