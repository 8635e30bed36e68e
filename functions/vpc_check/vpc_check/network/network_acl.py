"""What a network ACL admits. Source: "Network ACL rules", Amazon VPC User Guide."""

from __future__ import annotations

from dataclasses import dataclass

from vpc_check.facts import Facts, Row
from vpc_check.network.cidr import Network, Networks, exclude, expand, intersect, network

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
    """Judge traffic to (egress) or from `peer` to each of `ports`, by the rules in their order.

    Every pair of an address block and a range of ports is followed until a rule decides it.
    """
    undecided: list[tuple[Network, Ports]] = [(block, ports) for block in expand(peer)]
    admitted = False
    against = ""
    for entry in sorted(acl.get("Entries", []), key=lambda each: int(each["RuleNumber"])):
        if bool(entry.get("Egress")) != egress:
            continue
        if str(entry.get("Protocol", _ALL)) not in (_ALL, _PROTOCOLS[protocol]):
            continue
        rule = network(entry.get("CidrBlock") or entry.get("Ipv6CidrBlock") or "0.0.0.0/0")
        decided, undecided = _apply(rule, _span(entry), undecided)
        if decided and entry.get("RuleAction") == "allow":
            admitted = True
        elif decided:
            number = "*" if int(entry["RuleNumber"]) >= 32767 else str(entry["RuleNumber"])
            against = against or number
    if undecided:
        against = against or "*"
    if not admitted:
        return Verdict("denied", against or "*")
    return Verdict("partly", against) if against else Verdict("allowed")


def _apply(
    rule: Network, span: Ports, undecided: list[tuple[Network, Ports]]
) -> tuple[bool, list[tuple[Network, Ports]]]:
    """Whether a rule decides anything, and what it leaves undecided."""
    decided = False
    left: list[tuple[Network, Ports]] = []
    for block, ports in undecided:
        common, common_ports = intersect(rule, block), _common(span, ports)
        if common is None or common_ports is None:
            left.append((block, ports))
            continue
        decided = True
        left += [(rest, ports) for rest in exclude(block, common)]
        left += [(common, rest) for rest in _without(ports, span)]
    return decided, left


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
