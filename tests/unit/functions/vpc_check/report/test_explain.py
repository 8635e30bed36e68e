"""The two views joined: each failed probe is explained by the finding that causes it."""

from __future__ import annotations

import pytest

from tests.unit.functions.vpc_check.casefile import read
from vpc_check.app import analyse
from vpc_check.facts import Facts, Unknown
from vpc_check.findings import Finding
from vpc_check.observation import WORDS, Observation
from vpc_check.report.explain import explain
from vpc_check.report.report import Report
from vpc_check.target import parse

WEB = "https://example.com"
PUBLIC = "93.184.216.34"


def joined(name: str, target: str, word: str, address: str = "") -> Report:
    """The report of a case file with one observation."""
    facts = read(name).analysis.facts
    seen = Observation(parse(target), word, address=address)
    return analyse(facts, [parse(target)], [seen])


@pytest.mark.parametrize(
    ("case", "target", "word", "address", "cause"),
    [
        ("route_none", WEB, "dropped", PUBLIC, "NO_ROUTE_TO_DESTINATION"),
        ("route_black_hole", WEB, "dropped", PUBLIC, "BAD_STATE_ROUTE"),
        ("igw_without_nat", WEB, "dropped", PUBLIC, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
        ("nat_in_private_subnet", WEB, "dropped", PUBLIC, "NO_ROUTE_TO_DESTINATION"),
        ("acl_no_answers", WEB, "dropped", PUBLIC, "SUBNET_ACL_RESTRICTION"),
        ("group_without_egress", WEB, "dropped", PUBLIC, "SG_HAS_NO_RULES"),
        (
            *("group_ingress_of_another_group", "tcp://db.internal:5432", "dropped"),
            *("10.0.5.10", "ENI_SG_RULES_MISMATCH"),
        ),
        ("route_none", "udp://8.8.8.8:123", "sent", "8.8.8.8", "NO_ROUTE_TO_DESTINATION"),
        ("dns_support_off", WEB, "dns_failed", "", "DNS_SUPPORT_DISABLED"),
        (
            *("dns_own_server_unreachable", WEB, "dns_failed", ""),
            "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS",
        ),
        ("port_25", "tcp://mail.example.com:25", "dropped", PUBLIC, "LAMBDA_PORT_25_BLOCKED"),
    ],
)
def test_a_failure_is_explained_by_its_cause(
    case: str, target: str, word: str, address: str, cause: str
) -> None:
    report = joined(case, target, word, address)
    explanation = report.explanations[0]
    assert explanation.verdict == "explained"
    assert explanation.causes[0].code == cause
    assert explanation.causes[0].message in explanation.text
    assert explanation.remedy == explanation.causes[0].remedy


@pytest.mark.parametrize(
    ("case", "target", "word", "address", "cause"),
    [
        (
            *("gateway_endpoint_policy", "https://s3.eu-west-1.amazonaws.com", "denied"),
            *("3.5.64.9", "ENDPOINT_POLICY_RESTRICTS"),
        ),
        ("acl_some_answers", WEB, "dropped", PUBLIC, "SUBNET_ACL_RESTRICTION"),
        (
            *("transit_gateway", "tcp://10.9.0.9:6379", "dropped", "10.9.0.9"),
            "TGW_RTB_ROUTES_ARE_UNKNOWN",
        ),
        ("dns_own_server_fine", WEB, "dns_failed", "", "DNS_CUSTOM_SERVERS"),
    ],
)
def test_what_may_be_the_cause_is_only_suspected(
    case: str, target: str, word: str, address: str, cause: str
) -> None:
    explanation = joined(case, target, word, address).explanations[0]
    assert (explanation.verdict, explanation.causes[0].code) == ("suspected", cause)
    assert "; perhaps: " in explanation.text


def test_what_does_not_concern_packets_explains_no_packet() -> None:
    explanation = joined("addresses_none", WEB, "dropped", PUBLIC).explanations[0]
    assert explanation.verdict == "alone"


def test_with_facts_missing_nothing_is_claimed_of_them() -> None:
    facts = read("fine_internet").analysis.facts
    sections = {name: rows for name, rows in facts.sections.items() if name != "NetworkAcls"}
    blind = Facts(facts.region, sections, {"NetworkAcls": Unknown("it was refused")})
    seen = [Observation(parse(WEB), "dropped", address=PUBLIC)]
    explanation = analyse(blind, [parse(WEB)], seen).explanations[0]
    assert explanation.verdict == "alone"
    assert "not known: NetworkAcls" in explanation.text


def test_a_cause_of_another_target_explains_nothing() -> None:
    facts = read("route_none").analysis.facts
    other = parse("tcp://10.0.5.10:5432")
    report = analyse(facts, [parse(WEB), other], [Observation(other, "dropped")])
    assert any(each.target == WEB for each in report.findings)
    assert report.explanations[0].verdict == "alone"
    assert "beyond them" in report.explanations[0].text


def test_a_refused_connection_is_no_matter_of_the_network() -> None:
    explanation = joined("fine_database", "tcp://10.0.5.10:5432", "refused").explanations[0]
    assert (explanation.verdict, explanation.causes) == ("alone", ())
    assert "nothing listens there" in explanation.text


def test_what_was_reached_contradicts_a_finding_and_is_not_called_broken() -> None:
    report = joined("route_none", WEB, "ok", PUBLIC)
    assert report.explanations[0].verdict == "contradicted"
    assert report.verdict == "doubtful"
    # What the probe proved wrong is a warning, and the page draws it as one.
    assert {each.severity for each in report.explanations[0].causes} == {"error"}
    (found,) = [each for each in report.findings if each.code == "NO_ROUTE_TO_DESTINATION"][:1]
    assert found.severity == "warning"
    assert found.message.endswith("; yet a probe got through: what was read is incomplete")
    assert "broken" not in {hop.state for path in report.paths for hop in path.hops}


def test_what_was_reached_without_a_finding_is_fine() -> None:
    report = joined("fine_internet", WEB, "ok", PUBLIC)
    assert report.explanations[0].verdict == "fine"
    assert report.verdict == "fine"


def test_a_failed_probe_alone_makes_the_verdict() -> None:
    assert joined("fine_internet", WEB, "tls_expired", PUBLIC).verdict == "broken"
    assert joined("fine_internet", WEB, "slow", PUBLIC).verdict == "doubtful"


def test_a_warning_explains_only_when_no_error_does() -> None:
    target = parse(WEB)
    where = (target.text, "subnet-a")
    findings = [
        Finding("NO_ROUTE_TO_DESTINATION", "error", "rtb-1", "no route", "add one", *where),
        Finding("SUBNET_ACL_RESTRICTION", "warning", "acl-1", "some answers", "open", *where),
    ]
    explanation = explain([Observation(target, "dropped")], findings)[0]
    assert [each.code for each in explanation.causes] == [each.code for each in findings]
    assert explanation.text.endswith("no route")


@pytest.mark.parametrize("word", sorted(set(WORDS) - {"ok"}))
def test_every_word_has_an_explanation_of_its_own(word: str) -> None:
    explanation = explain([Observation(parse(WEB), word)], [])[0]
    assert explanation.text
    assert explanation.remedy


def test_probes_that_ran_elsewhere_are_told() -> None:
    facts = read("fine_internet").analysis.facts
    seen = [Observation(parse(WEB), "ok", address=PUBLIC)]
    place = {"FunctionName": "vpc-check", "VpcConfig": {"SubnetIds": ["subnet-z"]}}
    elsewhere = Facts(facts.region, {**facts.sections, "Place": place})
    codes = [each.code for each in analyse(elsewhere, [parse(WEB)], seen).findings]
    assert codes == ["PROBED_FROM_ELSEWHERE"]
    here = {"FunctionName": "vpc-check", "VpcConfig": facts.sections["Function"]["VpcConfig"]}
    same = Facts(facts.region, {**facts.sections, "Place": here})
    assert analyse(same, [parse(WEB)], seen).findings == ()
    assert analyse(elsewhere, [parse(WEB)]).findings == ()  # nothing was probed


def elsewhere(name: str, word: str, **sections: object) -> Report:
    """The report of a probe that ran with another network than the function's."""
    facts = read(name).analysis.facts
    place = {"FunctionName": "laptop", "VpcConfig": {}}
    away = Facts(facts.region, {**facts.sections, "Place": place, **sections})
    return analyse(away, [parse(WEB)], [Observation(parse(WEB), word, address=PUBLIC)])


@pytest.mark.parametrize("word", ["ok", "refused", "tls_name"])
def test_what_another_network_reaches_downgrades_no_error(word: str) -> None:
    report = elsewhere("route_none", word)
    assert report.verdict == "broken"
    assert report.explanations[0].verdict == "elsewhere"
    assert report.explanations[0].remedy == report.explanations[0].causes[0].remedy


def test_what_another_network_does_not_reach_breaks_nothing() -> None:
    report = elsewhere("fine_internet", "dropped")
    assert report.verdict == "doubtful"
    assert report.explanations[0].verdict == "elsewhere"


def test_a_place_that_is_not_known_is_not_the_functions() -> None:
    facts = read("route_none").analysis.facts
    unknown = Facts(facts.region, facts.sections, {"Place": Unknown("there is no such function")})
    report = analyse(unknown, [parse(WEB)], [Observation(parse(WEB), "ok", address=PUBLIC)])
    assert report.verdict == "broken"


def test_one_good_subnet_hides_no_bad_one() -> None:
    report = joined("igw_one_subnet_of_two", WEB, "ok", PUBLIC)
    explanation = report.explanations[0]
    assert (report.verdict, explanation.verdict) == ("broken", "partial")
    assert "not from subnet-b" in explanation.text
    assert explanation.remedy == explanation.causes[0].remedy


def test_an_error_of_one_address_says_nothing_of_another() -> None:
    """The name has two addresses, and only one is let in."""
    facts = read("group_ingress_of_another_group").analysis.facts
    target = parse("tcp://db.internal:5432")
    both = ("10.0.5.10", "10.0.9.77")
    seen = [
        Observation(target, "dropped", address=both[0], addresses=both),
        Observation(target, "ok", address=both[1], addresses=both),
    ]
    report = analyse(facts, [target], seen)
    assert [each.verdict for each in report.explanations] == ["explained", "fine"]
    assert report.verdict == "broken"
