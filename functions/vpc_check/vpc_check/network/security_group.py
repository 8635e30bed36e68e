"""What security groups let pass. Source: "Security group rules", Amazon VPC User Guide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vpc_check.facts import Facts, Row
from vpc_check.network.cidr import Network, Networks, covers, meets, networks, private

_PROTOCOLS = {"tcp": ("tcp", "6"), "udp": ("udp", "17")}


@dataclass(frozen=True)
class Peer:
    """The other side of the traffic: its addresses, its groups, the prefix list it is in."""

    addresses: Networks
    groups: tuple[str, ...] = ()
    prefix_list: str = ""


def admit(
    facts: Facts, rows: Sequence[Row], side: str, peer: Peer, protocol: str, port: int
) -> str:
    """Judge one port: allowed, partly (some addresses only), denied, or unknown.

    Unknown is what only groups of other VPCs or prefix lists of other accounts would allow: whether
    the peer is in them is not known here.

    :param rows: the groups of one interface; any rule of any of them is enough
    :param side: IpPermissionsEgress or IpPermissions, the member with the rules
    """
    foreign = False
    allowed: list[Network] = []
    for rule in (rule for row in rows for rule in row.get(side, [])):
        if not _concerns(rule, protocol, port):
            continue
        named = {
            str(pair.get("GroupId"))
            for pair in rule.get("UserIdGroupPairs", [])
            if pair.get("PeeringStatus", "active") == "active"  # else the rule is stale
        }
        lists = {each["PrefixListId"] for each in rule.get("PrefixListIds", [])}
        if named & set(peer.groups) or (peer.prefix_list and peer.prefix_list in lists):
            return "allowed"
        missing = len(facts.groups(named)) < len(named)
        # A group stands for the private addresses of its members.
        foreign = foreign or (missing and not peer.groups and private(peer.addresses))
        foreign = foreign or not all(is_known_list(facts, each) for each in lists)
        allowed += networks(_ranges(facts, rule, lists))
    if covers(allowed, peer.addresses):
        return "allowed"
    if foreign:
        return "unknown"
    return "partly" if meets(allowed, peer.addresses) else "denied"


def without_rules(rows: Iterable[Row], side: str) -> bool:
    """Whether no group has a rule of that side at all."""
    return not any(row.get(side) for row in rows)


def is_known_list(facts: Facts, prefix_list: str) -> bool:
    """Whether the entries of a prefix list are known."""
    sections = ("PrefixLists", "ManagedPrefixLists")
    return any(facts.find(each, "PrefixListId", prefix_list) is not None for each in sections)


def entries(facts: Facts, prefix_list: str) -> list[str]:
    """The CIDRs of a prefix list, of AWS or your own; none where they are not known."""
    row = facts.find("PrefixLists", "PrefixListId", prefix_list)
    if row is not None:
        return [str(cidr) for cidr in row.get("Cidrs", [])]
    row = facts.find("ManagedPrefixLists", "PrefixListId", prefix_list)
    return [str(entry["Cidr"]) for entry in row.get("Entries", [])] if row else []


def _concerns(rule: Row, protocol: str, port: int) -> bool:
    if str(rule.get("IpProtocol")) == "-1":
        return True
    if str(rule.get("IpProtocol")) not in _PROTOCOLS[protocol]:
        return False
    return int(rule.get("FromPort", 0)) <= port <= int(rule.get("ToPort", 65535))


def _ranges(facts: Facts, rule: Row, lists: Iterable[str]) -> list[str]:
    four = [str(each["CidrIp"]) for each in rule.get("IpRanges", [])]
    six = [str(each["CidrIpv6"]) for each in rule.get("Ipv6Ranges", [])]
    return [*four, *six, *(cidr for name in lists for cidr in entries(facts, name))]
