"""The hops of a path: what is drawn, and in which state."""

from __future__ import annotations

import pytest

from tests.unit.functions.vpc_check.casefile import read
from vpc_check.checks import run_checks
from vpc_check.facts import Attachment
from vpc_check.network.paths import make_analysis
from vpc_check.report.hops import DrawnPath, draw_paths
from vpc_check.target import parse


def paths(name: str) -> list[DrawnPath]:
    analysis = read(name).analysis
    return draw_paths(analysis, run_checks(analysis))


def drawn_for_the_internet(name: str) -> DrawnPath:
    """A path through a VPC whose case file asks for no target."""
    facts = read(name).analysis.facts
    function = Attachment.of(facts.sections["Function"])
    analysis = make_analysis(facts, function, [parse("https://example.com")])
    return draw_paths(analysis, run_checks(analysis))[0]


def states(path: DrawnPath) -> list[tuple[str, str]]:
    return [(hop.kind, hop.state) for hop in path.hops]


def test_the_way_through_a_nat_has_both_of_its_legs() -> None:
    first, _ = paths("fine_internet")
    assert [(hop.kind, hop.label) for hop in first.hops] == [
        ("function", "orders"),
        ("dns", "example.com"),
        ("groups", "sg-fn"),
        ("subnet", "subnet-a"),
        ("table", "rtb-private"),
        ("gateway", "nat-1"),
        ("subnet", "subnet-public"),
        ("table", "rtb-public"),
        ("gateway", "igw-1"),
        ("target", "https://example.com"),
    ]
    assert first.state == "ok"


@pytest.mark.parametrize(
    ("name", "kind", "label", "code"),
    [
        ("route_none", "table", "rtb-private", "NO_ROUTE_TO_DESTINATION"),
        ("igw_without_nat", "gateway", "igw-1", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
        ("nat_in_private_subnet", "table", "rtb-public", "NO_ROUTE_TO_DESTINATION"),
        ("acl_no_answers", "subnet", "subnet-a", "SUBNET_ACL_RESTRICTION"),
        ("acl_of_the_database", "subnet", "subnet-db", "SUBNET_ACL_RESTRICTION"),
        ("group_without_egress", "groups", "sg-fn", "SG_HAS_NO_RULES"),
        ("group_ingress_of_another_group", "groups", "sg-db", "ENI_SG_RULES_MISMATCH"),
        ("dns_support_off", "dns", "example.com", "DNS_SUPPORT_DISABLED"),
        ("tenancy_dedicated", "function", "orders", "TENANCY_DEDICATED"),
        ("port_25", "function", "orders", "LAMBDA_PORT_25_BLOCKED"),
        ("ipv6_option_off", "function", "orders", "IPV6_NOT_ALLOWED"),
        ("config_no_vpc_private_target", "function", "orders", "FUNCTION_NOT_IN_VPC"),
    ],
)
def test_a_finding_breaks_the_path_at_its_hop(name: str, kind: str, label: str, code: str) -> None:
    path = drawn_for_the_internet(name) if name == "tenancy_dedicated" else paths(name)[0]
    broken = next(hop for hop in path.hops if hop.state == "broken")
    assert (broken.kind, broken.label) == (kind, label)
    assert code in broken.codes
    behind = path.hops[path.hops.index(broken) + 1 :]
    assert all(hop.state in ("beyond", "broken") for hop in behind)


def test_a_finding_of_one_subnet_leaves_the_other_path_alone() -> None:
    by_subnet = {path.subnet: path.state for path in paths("igw_one_subnet_of_two")}
    assert by_subnet == {"subnet-a": "ok", "subnet-b": "broken"}


def test_what_is_not_known_is_not_drawn_as_passing() -> None:
    first = paths("unknown_acls")[0]
    assert ("subnet", "unknown") in states(first)


def test_a_target_nobody_can_place_is_unknown() -> None:
    path = paths("name_not_resolved")[0]
    assert path.state == "unknown"


def test_outside_of_a_vpc_a_public_target_is_fine() -> None:
    path = paths("config_no_vpc_public_target")[0]
    assert path.state == "ok"
