"""DNS Firewall and forwarding rules of Route 53 Resolver that a target's name meets.

Source: "How Route 53 Resolver DNS Firewall works" and "How Route 53 VPC Resolver determines whether
the domain name in a query matches any rules", Amazon Route 53 Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis, dns_targets


def check_firewall(analysis: Analysis) -> Iterator[Finding]:
    """Report names that the first matching rule blocks; lists that AWS does not show are skipped.

    Servers of one's own are asked directly, and the firewall sees what they forward to it alone.
    """
    others = bool(dns_targets(analysis.facts))
    types = ("A", "AAAA") if analysis.function.ipv6 else ("A",)
    for destination in analysis.destinations:
        target = destination.target
        if target.literal is not None:
            continue
        decided = {kind: _first_rule(analysis, target.host, kind) for kind in types}
        blocking = {kind: rule for kind, rule in decided.items() if rule.get("Action") == "BLOCK"}
        for kind, rule in list(blocking.items())[:1]:
            name = str(rule.get("FirewallRuleGroupId", rule.get("Name", "DNS Firewall")))
            only = "" if len(blocking) == len(types) else f" for {kind} records"
            doubt = ", if the VPC's DNS servers forward it to Route 53" if others else ""
            yield Finding(
                "DNS_FIREWALL_BLOCKS",
                "warning" if only or others else "error",
                name,
                f"rule {rule.get('Name', '?')} of {name} blocks the lookup of {target.host}"
                f"{only}{doubt}",
                "allow the domain in a rule with a lower priority number",
                target.text,
            )


def _first_rule(analysis: Analysis, host: str, kind: str) -> Row:
    """The rule that decides about a query; empty where none matches. ALERT lets pass."""
    for rule in analysis.facts.rows("DnsFirewall"):
        matched = any(_matches(host, each) for each in rule.get("Domains") or [])
        if matched and rule.get("Qtype", kind) in (kind, "ANY"):
            return rule
    return {}


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
