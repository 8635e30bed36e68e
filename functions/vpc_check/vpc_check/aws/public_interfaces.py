"""Which interface of the account has a target's public address, in whatever VPC it is."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from vpc_check.aws.clients import Clients, failures, pages
from vpc_check.aws.collect import to_unknown
from vpc_check.facts import Facts

_MAX_FILTER_VALUES = 200  # of one filter; source: "Filtering", Amazon EC2 API Reference


def add_public_interfaces(clients: Clients, facts: Facts, addresses: Iterable[str]) -> Facts:
    """Look in the account for the interfaces of public addresses that are not of this VPC.

    :param addresses: of targets, as typed or as probes found them
    """
    known = facts.interface_by_public_address
    wanted = sorted({each for each in addresses if _is_public(each)} - set(known))
    if not wanted or not facts.vpc:
        return facts
    sections, unknown = dict(facts.sections), dict(facts.unknown)
    section = "PublicInterfaces"
    filters = [{"Name": "association.public-ip", "Values": wanted[:_MAX_FILTER_VALUES]}]
    try:
        operation = "describe_network_interfaces"
        fetch = pages(clients.ec2, operation, "NetworkInterfaces", Filters=filters)
        sections[section] = fetch()
        have = {row["GroupId"] for row in facts.rows("SecurityGroups")}
        groups = {g["GroupId"] for row in sections[section] for g in row.get("Groups", [])} - have
        section = "PublicInterfaceGroups"
        if groups:
            filters = [{"Name": "group-id", "Values": sorted(groups)[:_MAX_FILTER_VALUES]}]
            fetch = pages(
                clients.ec2, "describe_security_groups", "SecurityGroups", Filters=filters
            )
            sections["SecurityGroups"] = [*facts.rows("SecurityGroups"), *fetch()]
    except failures() as error:
        unknown[section] = to_unknown(error, "ec2")
    return Facts(facts.region, sections, unknown)


def _is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.version == 4 and parsed.is_global
