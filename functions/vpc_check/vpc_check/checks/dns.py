"""Names. Source: "DNS attributes for your VPC", Amazon VPC User Guide."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis, dns_targets


def check(analysis: Analysis) -> Iterator[Finding]:
    """Report a VPC whose own DNS is off, and one that asks other servers."""
    vpc = str(analysis.facts.vpc.get("VpcId", "VpcAttributes"))
    others = dns_targets(analysis.facts)
    if others:
        yield Finding(
            "DNS_CUSTOM_SERVERS",
            "info",
            str(analysis.facts.rows("DhcpOptions")[0].get("DhcpOptionsId", vpc)),
            "names are resolved by "
            + ", ".join(each.host for each in others)
            + ", which routes, ACLs and groups must let the function reach on port 53",
            "have these servers forward amazonaws.com to the VPC's own DNS, or private DNS names "
            "of endpoints lead to public addresses",
        )
    elif not analysis.facts.sections["VpcAttributes"].get("EnableDnsSupport", True):
        named = [
            each.target
            for each in analysis.destinations
            if each.target.literal is None and not analysis.has_answered(each)
        ]
        for text in [target.text for target in named] or [""]:
            yield Finding(
                "DNS_SUPPORT_DISABLED",
                "error" if text else "warning",
                vpc,
                f"{vpc} has enableDnsSupport off and no DNS server of its own: no name resolves",
                "set enableDnsSupport on the VPC",
                text,
            )
