"""Source: "Block public access to VPCs and subnets", Amazon VPC User Guide."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check import wayout
from vpc_check.findings import Finding
from vpc_check.network.cidr import private
from vpc_check.network.paths import Case, Journey


def check(case: Case) -> Iterator[Finding]:
    """Report journeys to the internet that VPC Block Public Access ends."""
    for journey in case.journeys:
        gateway = journey.gateway
        if gateway is None or gateway.kind not in ("igw", "nat", "eigw", "interface"):
            continue
        blocked = _blocked(case, journey)
        if blocked and not private(journey.addresses):
            yield Finding(
                "VPC_BLOCK_PUBLIC_ACCESS_ENABLED",
                "error",
                blocked,
                f"Block Public Access is on in {blocked}, so nothing gets out through {gateway.id}",
                "add an exclusion for the subnets (allow-egress is enough), or use endpoints",
                journey.target.text,
                journey.subnet,
            )


def _blocked(case: Case, journey: Journey) -> str:
    """The subnet in which the mode ends this journey, or "".

    "block-ingress" lets connections out that a NAT or an egress-only gateway carries.
    """
    kind = journey.gateway.kind if journey.gateway else ""
    for name in (journey.subnet, wayout.middle(case.facts, journey)[1]):
        states = (case.facts.subnet(name) or {}).get("BlockPublicAccessStates") or {}
        mode = states.get("InternetGatewayBlockMode", "off")
        if mode == "block-bidirectional" or (mode == "block-ingress" and kind == "igw"):
            return name
    return ""
