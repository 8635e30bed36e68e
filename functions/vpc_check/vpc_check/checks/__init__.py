"""The checks of a configuration, one small file each, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vpc_check.checks import (
    addresses,
    block_public_access,
    dns,
    endpoints,
    function,
    gateways,
    nat,
    network_acls,
    role,
    routes,
    security_groups,
    targets,
)
from vpc_check.facts import SECTIONS, Facts
from vpc_check.findings import Finding, in_order
from vpc_check.network.paths import Case


@dataclass(frozen=True)
class Check:
    """`needs` are the sections of facts without which the check has nothing to say."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[Case], Iterable[Finding]]


CHECKS = (
    Check("state", ("Function",), function.check_state),
    Check("vpc_config", ("Subnets", "SecurityGroups"), function.check_vpc_config),
    Check("tenancy", ("Vpcs",), function.check_tenancy),
    Check("role", ("Role",), role.check),
    Check("addresses", ("Subnets",), addresses.check_addresses),
    Check("quota", ("NetworkInterfaces",), addresses.check_quota),
    Check("destinations", (), targets.check_unresolved),
    Check("dns", ("VpcAttributes",), dns.check),
    Check("ipv6", ("Subnets",), targets.check_ipv6),
    Check("port25", (), targets.check_port_25),
    Check("routes", ("Subnets", "RouteTables"), routes.check),
    Check("gateways", ("Subnets", "RouteTables"), gateways.check),
    Check("nat", ("Subnets", "RouteTables", "NatGateways"), nat.check),
    Check("block_public_access", ("Subnets", "RouteTables"), block_public_access.check),
    Check("endpoints", ("VpcEndpoints",), endpoints.check),
    Check("acl", ("Subnets", "RouteTables", "NetworkAcls"), network_acls.check),
    Check("groups", ("Subnets", "SecurityGroups"), security_groups.check),
)


def run_checks(case: Case) -> list[Finding]:
    """Run every check whose facts are known; say of the others what was not looked at and why."""
    findings = list(not_known(case.facts))
    if "Function" in case.facts.unknown:
        return in_order(findings)
    if not case.function.subnets:
        return in_order([*findings, *function.check_outside(case)])
    for check in CHECKS:
        if case.facts.has(check.needs):
            findings += check.run(case)
    return in_order(findings)


def not_known(facts: Facts) -> Iterable[Finding]:
    """Tell of each section that could not be had, and which checks were left out without it."""
    for section, unknown in facts.unknown.items():
        skipped = [check.name for check in CHECKS if section in check.needs]
        without = f" (not checked: {', '.join(skipped)})" if skipped else ""
        yield Finding(
            "UNKNOWN_RESOURCE",
            "unknown",
            section,
            f"not known: {SECTIONS[section]}, because {unknown.why}{without}",
            unknown.remedy,
        )
