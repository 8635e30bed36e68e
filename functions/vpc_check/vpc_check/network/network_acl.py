"""What a network ACL admits. Source: "Network ACL rules", Amazon VPC User Guide."""

from __future__ import annotations

from dataclasses import dataclass

from vpc_check.facts import Facts, Row
from vpc_check.network.cidr import Networks, covers, meets, network

_PROTOCOLS = {"tcp": "6", "udp": "17"}
_ALL = "-1"
EPHEMERAL = (1024, 65535)  # ports that answers come back to, whatever the client's system
Ports = tuple[int, int]


@dataclass(frozen=True)
class Verdict:
    """`word` is allowed, denied or partly; `rule` what decided against it, "*" for the last one."""

    word: str
    rule: str = ""


def of_subnet(facts: Facts, subnet_id: str) -> Row | None:
    """The ACL of a subnet; None where it is not known. Each subnet has exactly one."""
    for acl in facts.rows("NetworkAcls"):
        if any(each.get("SubnetId") == subnet_id for each in acl.get("Associations", [])):
            return acl
    return None


def admits(acl: Row, *, egress: bool, peer: Networks, protocol: str, ports: Ports) -> Verdict:
    """Judge traffic to (egress) or from `peer` to each of `ports`, by the rules in their order."""
    open_ports = [ports]  # not decided yet for every address of the peer
    admitted = False
    against = ""
    doubtful = ""  # a rule that denies a part of the addresses
    for entry in sorted(acl.get("Entries", []), key=lambda each: int(each["RuleNumber"])):
        if bool(entry.get("Egress")) != egress:
            continue
        if str(entry.get("Protocol", _ALL)) not in (_ALL, _PROTOCOLS[protocol]):
            continue
        rule = [network(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock") or "0.0.0.0/0")]
        span = _span(entry)
        decided = [piece for piece in (_common(span, each) for each in open_ports) if piece]
        if not decided or not meets(rule, peer):
            continue
        denies = entry.get("RuleAction") != "allow"
        number = "*" if int(entry["RuleNumber"]) >= 32767 else str(entry["RuleNumber"])
        if not covers(rule, peer):
            # It decides for some addresses only; a later rule may decide for the others.
            doubtful = doubtful or (number if denies else "")
            admitted = admitted or not denies
            continue
        open_ports = [rest for each in open_ports for rest in _without(each, span)]
        admitted = admitted or not denies
        against = against or (number if denies else "")
        if not open_ports:
            break
    if open_ports:
        against = against or "*"
    if not admitted:
        return Verdict("denied", against or doubtful or "*")
    if against or doubtful:
        return Verdict("partly", against or doubtful)
    return Verdict("allowed")


def _span(entry: Row) -> Ports:
    ports = entry.get("PortRange")
    if not ports or str(entry.get("Protocol")) == _ALL:
        return (0, 65535)
    return (int(ports["From"]), int(ports["To"]))


def _common(one: Ports, other: Ports) -> Ports | None:
    first, last = max(one[0], other[0]), min(one[1], other[1])
    return (first, last) if first <= last else None


def _without(whole: Ports, part: Ports) -> list[Ports]:
    common = _common(whole, part)
    if common is None:
        return [whole]
    pieces = [(whole[0], common[0] - 1), (common[1] + 1, whole[1])]
    return [piece for piece in pieces if piece[0] <= piece[1]]
