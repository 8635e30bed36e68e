"""Network ACLs against the rule as AWS states it: the first matching rule decides, port by port."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vpc_check.network.cidr import contains, network
from vpc_check.network.network_acl import admits

PEERS = ("10.0.1.0/24", "10.0.1.7/32", "192.0.2.0/24")
RANGES = ("0.0.0.0/0", "10.0.0.0/8", "10.0.1.0/25", "10.0.1.128/25", "192.0.2.0/24")
PORTS = st.integers(min_value=0, max_value=40)


@st.composite
def entries(draw: st.DrawFn) -> list[dict[str, Any]]:
    rules = []
    for number in draw(st.lists(st.integers(1, 500), unique=True, max_size=6)):
        first, last = sorted((draw(PORTS), draw(PORTS)))
        rule = {
            "RuleNumber": number,
            "Egress": draw(st.booleans()),
            "Protocol": draw(st.sampled_from(["-1", "6", "17"])),
            "CidrBlock": draw(st.sampled_from(RANGES)),
            "RuleAction": draw(st.sampled_from(["allow", "deny"])),
            "PortRange": {"From": first, "To": last},
        }
        rules.append(rule)
    return rules


def by_hand(rules: list[dict[str, Any]], address: str, port: int) -> bool:
    """Whether one packet of TCP to one address and port goes out."""
    for rule in sorted(rules, key=lambda each: each["RuleNumber"]):
        ports = rule["PortRange"]
        fits = rule["Protocol"] == "-1" or ports["From"] <= port <= ports["To"]
        about = contains(network(rule["CidrBlock"]), network(address))
        if rule["Egress"] and rule["Protocol"] in ("-1", "6") and fits and about:
            return bool(rule["RuleAction"] == "allow")
    return False


@given(entries(), st.sampled_from(PEERS), PORTS, PORTS)
def test_a_verdict_agrees_with_every_single_packet(
    rules: list[dict[str, Any]], peer: str, one: int, other: int
) -> None:
    first, last = sorted((one, other))
    whole = network(peer)
    verdict = admits(
        {"Entries": rules}, egress=True, peer=(whole,), protocol="tcp", ports=(first, last)
    )
    # One address of each half stands for all: no rule here is finer than that.
    ends = (str(whole.network_address), str(whole.broadcast_address))
    passed = {by_hand(rules, end, port) for end in ends for port in range(first, last + 1)}
    if verdict.word == "allowed":
        assert passed == {True}
    elif verdict.word == "denied":
        assert passed == {False}
    elif whole.num_addresses == 1:
        assert passed == {True, False}
    assert (verdict.rule == "") == (verdict.word == "allowed")
