"""What targets themselves rule out: unknown addresses, IPv6, and TCP port 25.

Sources: "IPv6 support" in "Giving Lambda functions access to resources in an Amazon VPC"; AWS
Lambda FAQ, which says that port 25 is blocked against spam.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.cidr import private
from vpc_check.network.destination import file_system, find_rows
from vpc_check.network.paths import Analysis, Located, ipv6_cidrs


def check_unresolved(analysis: Analysis) -> Iterator[Finding]:
    """Report names that look private and that nothing has resolved."""
    for destination in analysis.destinations:
        if not destination.locations and not destination.resolver:
            target = destination.target
            yield Finding(
                "UNKNOWN_DESTINATION",
                "unknown",
                target.host,
                f"the address of {target.host} is not known, so its path was not checked",
                'let the probe resolve it ("probe": true), or add "address" to the target',
                target.text,
            )


# States of databases, proxies, caches and balancers in which nothing answers. All others serve, or
# may: "Viewing DB instance status", Amazon RDS User Guide; LoadBalancerState, ELB API Reference.
_DOWN = frozenset(
    {
        *("stopped", "stopping", "deleting", "deleted", "creating", "create-failed", "failed"),
        *("incompatible-network", "incompatible-restore", "insufficient-resource-limits"),
        *("inaccessible-encryption-credentials", "provisioning", "suspended"),
    }
)


def check_state(analysis: Analysis) -> Iterator[Finding]:
    """Report managed targets that are stopped, failed, or not there yet."""
    for destination in analysis.destinations:
        target = destination.target
        for what, row in find_rows(analysis.facts, target.host):
            state = row.get("DBInstanceStatus") or row.get("Status") or row.get("State") or ""
            word = str(state.get("Code", "") if isinstance(state, dict) else state)
            if word.lower() in _DOWN:
                yield Finding(
                    "BAD_STATE",
                    "error",
                    what.rpartition(" ")[2],
                    f"the {what} is {word}: nothing answers at {target.host}",
                    "start it, or wait until it is available",
                    target.text,
                )


def check_mount_targets(analysis: Analysis) -> Iterator[Located]:
    """Report subnets in whose zone a file system has no mount target, and its name no address.

    Source: "Mounting on Amazon EC2 with a DNS name", Amazon EFS User Guide.
    """
    facts = analysis.facts
    for destination in analysis.destinations:
        target = destination.target
        # ZONE.fs-1.efs… asks for the mount target of one zone, from wherever.
        if not file_system(target.host) or not target.host.startswith("fs-"):
            continue
        there = {_zone(analysis, each.subnet) for each in destination.locations}
        for name in analysis.function.subnets:
            zone = _zone(analysis, name)
            if not there or "" in there or not zone or zone in there or facts.shared:
                continue
            finding = Finding(
                "NO_MOUNT_TARGET_IN_ZONE",
                "error",
                file_system(target.host),
                f"{file_system(target.host)} has no mount target in {zone}, where {name} is: its "
                "name has no address there",
                f"create a mount target in {zone}, or leave {name} out",
                target.text,
                name,
            )
            yield "dns", finding


def _zone(analysis: Analysis, subnet: str) -> str:
    return str((analysis.facts.subnet(subnet) or {}).get("AvailabilityZone", ""))


def check_ipv6(analysis: Analysis) -> Iterator[Located]:
    """Report subnets without IPv6 for a function with it, and IPv6 targets for one without."""
    if analysis.function.ipv6:
        for name in analysis.function.subnets:
            row = analysis.facts.subnet(name)
            if row is not None and not ipv6_cidrs(row):
                yield (
                    "subnet",
                    Finding(
                        "IPV6_SUBNET_NOT_DUAL_STACK",
                        "error",
                        name,
                        f"Ipv6AllowedForDualStack is set, and {name} has no IPv6 range",
                        "give every subnet of the function an IPv6 range, or unset the option",
                        subnet=name,
                    ),
                )
        return
    for destination in analysis.destinations:
        versions = {location.version for location in destination.locations}
        if 6 in versions:
            yield (
                "function",
                Finding(
                    "IPV6_NOT_ALLOWED",
                    "info" if 4 in versions else "error",
                    analysis.function.name or "VpcConfig",
                    f"{destination.target.host} has an IPv6 address, and the function sends "
                    "IPv4 only" + (": it uses the IPv4 address" if 4 in versions else ""),
                    "set Ipv6AllowedForDualStack in VpcConfig; all of its subnets must be "
                    "dual-stack",
                    destination.target.text,
                ),
            )


def check_port_25(analysis: Analysis) -> Iterator[Finding]:
    """Report targets on TCP port 25."""
    for destination in analysis.destinations:
        target = destination.target
        # Towards private addresses the port is open: "port 25 restriction", Amazon EC2 User Guide.
        public = [each for each in destination.locations if not private(each.addresses)]
        if public and target.port == 25 and target.transport == "tcp":
            yield Finding(
                "LAMBDA_PORT_25_BLOCKED",
                "error",
                target.host,
                "Lambda blocks TCP port 25 to public addresses, whatever the VPC allows",
                "send mail through port 587, or through the API of Amazon SES",
                target.text,
            )
