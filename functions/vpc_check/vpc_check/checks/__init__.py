"""The checks of a configuration, in the order in which they are reported.

A check yields a finding together with the hop of a path that it belongs to: what the report draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from vpc_check.checks import (
    addresses,
    dns,
    endpoints,
    function,
    gateways,
    network_acls,
    resolver,
    role,
    routes,
    security_groups,
    targets,
    telemetry,
)
from vpc_check.facts import EXTRAS, SECTIONS, Facts
from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis, Located


@dataclass(frozen=True)
class Check:
    """`needs` are the sections of facts without which the check has nothing to say."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[Analysis], Iterable[Located]]


def _at(
    kind: str, check: Callable[[Analysis], Iterable[Finding]]
) -> Callable[[Analysis], Iterator[Located]]:
    """Draw the findings of a check that looks at no path, at the hops of a kind."""

    def run(analysis: Analysis) -> Iterator[Located]:
        yield from ((kind, finding) for finding in check(analysis))

    return run


CHECKS = (
    Check("state", ("Function",), _at("function", function.check_state)),
    Check("vpc_config", ("Subnets", "SecurityGroups"), _at("function", function.check_vpc_config)),
    Check("tenancy", ("Vpcs",), _at("function", function.check_tenancy)),
    Check("role", ("Role",), _at("function", role.check)),
    Check("addresses", ("Subnets",), _at("subnet", addresses.check_addresses)),
    Check("quota", ("NetworkInterfaces",), _at("function", addresses.check_quota)),
    Check("destinations", (), _at("dns", targets.check_unresolved)),
    Check("dns", ("VpcAttributes",), _at("dns", dns.check)),
    Check("dns_firewall", ("DnsFirewall",), _at("dns", resolver.check_firewall)),
    Check("dns_rules", ("ResolverRules",), _at("dns", resolver.check_rules)),
    Check("target_state", (), _at("target", targets.check_state)),
    Check("mount_targets", ("Subnets", "NetworkInterfaces"), targets.check_mount_targets),
    Check("ipv6", ("Subnets",), targets.check_ipv6),
    Check("port25", (), _at("function", targets.check_port_25)),
    Check("routes", ("Subnets", "RouteTables"), routes.check),
    Check("gateways", ("Subnets", "RouteTables"), gateways.check),
    Check("nat", ("Subnets", "RouteTables", "NatGateways"), gateways.check_nat),
    Check("nat_metrics", ("Subnets", "RouteTables", "NatMetrics"), telemetry.check_nat),
    Check("flow_logs", ("FlowLogs",), _at("", telemetry.check_flow_logs)),
    Check("rejected", ("FlowLogRecords",), telemetry.check_rejected),
    Check("local", ("Subnets", "RouteTables", "NetworkInterfaces"), gateways.check_local),
    Check("block_public_access", ("Subnets", "RouteTables"), gateways.check_block_public_access),
    Check("endpoints", ("VpcEndpoints",), endpoints.check),
    Check("acl", ("Subnets", "RouteTables", "NetworkAcls"), network_acls.check),
    Check("groups", ("Subnets", "SecurityGroups"), security_groups.check),
)


# Checks of the interfaces that Lambda makes in the role's name; Managed Instances have none.
_OF_LAMBDA_INTERFACES = frozenset({"role", "quota", "addresses"})


def run_checks(analysis: Analysis) -> list[Located]:
    """Run every check whose facts are known; say of the others what was not looked at and why."""
    found: list[Located] = [("", finding) for finding in _report_unknown(analysis.facts)]
    if "Function" in analysis.facts.unknown:
        return found
    if not analysis.function.subnets:
        return [*found, *_at("function", function.check_outside)(analysis)]
    for check in CHECKS:
        if analysis.managed and check.name in _OF_LAMBDA_INTERFACES:
            continue
        if analysis.facts.has(check.needs):
            found += check.run(analysis)
    return found


def _report_unknown(facts: Facts) -> Iterator[Finding]:
    """Report each section that could not be had, and which checks were left out without it."""
    for section, unknown in facts.unknown.items():
        skipped = [check.name for check in CHECKS if section in check.needs]
        without = f" (not checked: {', '.join(skipped)})" if skipped else ""
        yield Finding(
            "UNKNOWN_RESOURCE",
            "info" if section in EXTRAS else "unknown",
            section,
            f"not known: {SECTIONS[section]}, because {unknown.why}{without}",
            unknown.remedy,
        )
