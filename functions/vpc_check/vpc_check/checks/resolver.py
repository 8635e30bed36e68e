"""DNS Firewall and forwarding rules of Route 53 Resolver that a target's name meets.

Source: "How Route 53 Resolver DNS Firewall works" and "How Route 53 VPC Resolver determines whether
the domain name in a query matches any rules", Amazon Route 53 Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis


def check_firewall(analysis: Analysis) -> Iterator[Finding]:
    """Report names that the first matching rule blocks, or that a list not shown may block."""
    for destination in analysis.destinations:
        target = destination.target
        if target.literal is not None:
            continue
        for rule in analysis.facts.rows("DnsFirewall"):
            domains = rule.get("Domains")
            action = str(rule.get("Action", ""))
            if domains is None or not any(_matches(target.host, each) for each in domains):
                continue
            if action == "BLOCK":
                name = str(rule.get("FirewallRuleGroupId", rule.get("Name", "DNS Firewall")))
                yield Finding(
                    "DNS_FIREWALL_BLOCKS",
                    "error",
                    name,
                    f"rule {rule.get('Name', '?')} of {name} blocks the lookup of {target.host}",
                    "allow the domain in a rule with a lower priority number",
                    target.text,
                )
            break  # the first match decides; ALERT lets pass


def check_rules(analysis: Analysis) -> Iterator[Finding]:
    """Report names that are forwarded to other servers, the most specific rule first."""
    for destination in analysis.destinations:
        target = destination.target
        rules = [
            row
            for row in analysis.facts.rows("ResolverRules")
            if target.literal is None and _is_below(target.host, str(row.get("DomainName", "")))
        ]
        best = max(rules, key=lambda row: len(str(row["DomainName"])), default=None)
        if best is None or best.get("RuleType") != "FORWARD":
            continue
        servers = ", ".join(_servers(best)) or "no server"
        yield Finding(
            "DNS_FORWARDED",
            "info",
            str(best.get("Id", "ResolverRules")),
            f"lookups of {target.host} are forwarded to {servers}; whether those answer, and the "
            "outbound endpoint reaches them, was not checked",
            "look the name up there, and check the groups and routes of the outbound endpoint",
            target.text,
        )


def _servers(rule: Row) -> list[str]:
    return [str(each.get("Ip") or each.get("Ipv6", "")) for each in rule.get("TargetIps", [])]


def _matches(host: str, domain: str) -> bool:
    wanted = domain.rstrip(".").lower()
    name = host.rstrip(".").lower()
    if wanted == "*":
        return True
    if wanted.startswith("*."):
        return name.endswith(wanted[1:])
    return name == wanted


def _is_below(host: str, domain: str) -> bool:
    name, wanted = host.rstrip(".").lower(), domain.rstrip(".").lower()
    return not wanted or name == wanted or name.endswith(f".{wanted}")
