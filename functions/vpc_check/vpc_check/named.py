"""What other facts name: the DHCP options of the VPC, and prefix lists of your own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vpc_check.facts import Row
from vpc_check.pages import pages


def named(
    ec2: Any, sections: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[str, Callable[[], Any]]]]:
    """Yield (section, (service, what fetches it)) for what the sections so far refer to."""
    options = [row["DhcpOptionsId"] for row in sections.get("Vpcs", []) if row.get("DhcpOptionsId")]
    if options and options != ["default"]:  # the word for none at all
        fetch = pages(ec2, "describe_dhcp_options", "DhcpOptions", DhcpOptionsIds=options)
        yield "DhcpOptions", ("ec2", fetch)
    of_aws = {row["PrefixListId"] for row in sections.get("PrefixLists", [])}
    lists = sorted(set(_lists(sections)) - of_aws)
    if lists:
        yield "ManagedPrefixLists", ("ec2", lambda: [_entries(ec2, name) for name in lists])


def _entries(ec2: Any, name: str) -> Row:
    fetch = pages(ec2, "get_managed_prefix_list_entries", "Entries", PrefixListId=name)
    return {"PrefixListId": name, "Entries": fetch()}


def _lists(sections: Mapping[str, Any]) -> Iterator[str]:
    for table in sections.get("RouteTables", []):
        for route in table.get("Routes", []):
            if route.get("DestinationPrefixListId"):
                yield str(route["DestinationPrefixListId"])
    for group in sections.get("SecurityGroups", []):
        for rule in (*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])):
            for each in rule.get("PrefixListIds", []):
                yield str(each["PrefixListId"])
