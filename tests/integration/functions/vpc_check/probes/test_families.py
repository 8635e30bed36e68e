"""Names with several addresses: IPv4 and IPv6, and some that work while others don't."""

from __future__ import annotations

import pytest

from tests.integration.functions.vpc_check.probes import behaviour
from tests.integration.functions.vpc_check.probes import network as net
from tests.integration.functions.vpc_check.probes.network import Answer, Network
from vpc_check.target import Target, parse

BOTH = (net.SERVER, net.SERVER6)
WORKS = f"tcp://web.test:{behaviour.HOLDS}"
DROPPED_IN_6 = f"tcp://web.test:{net.DROPPED_IN_6}"
PARTLY = f"tcp://partly.test:{behaviour.HOLDS}"
MANY = "tcp://many.test:80"
GIVEN = Target("tcp", "missing.test", behaviour.HOLDS, address=net.SERVER)
CONTRADICTED = Target("tcp", "four.test", behaviour.CLOSES, address="10.77.2.99")


@pytest.fixture(scope="module")
def answer(network: Network) -> Answer:
    parsed = [parse(text) for text in (WORKS, DROPPED_IN_6, PARTLY, MANY)]
    return network.probe([*parsed, GIVEN, CONTRADICTED], budget_s=20)


def test_both_families_are_tried(answer: Answer) -> None:
    seen = answer.of(WORKS)
    assert {(each.word, each.address) for each in seen} == {("ok", address) for address in BOTH}
    assert {each.addresses for each in seen} == {tuple(seen[0].addresses)}
    assert set(seen[0].addresses) == set(BOTH)


def test_a_family_that_is_dropped_is_told_beside_the_one_that_works(answer: Answer) -> None:
    words = {each.address: each.word for each in answer.of(DROPPED_IN_6)}
    assert words == {net.SERVER: "ok", net.SERVER6: "dropped"}


def test_an_address_that_is_dropped_is_told_beside_those_that_work(answer: Answer) -> None:
    seen = {each.word: each for each in answer.of(PARTLY)}
    assert set(seen) == {"ok", "dropped"}
    assert seen["dropped"].address == net.DROPPED_SERVER
    assert {seen["ok"].address, seen["ok"].detail.rpartition(" ")[2]} == {
        net.SERVER,
        "10.77.2.3",
    }


def test_of_many_addresses_four_are_tried_and_all_are_told(answer: Answer) -> None:
    (seen,) = answer.of(MANY)
    assert len(seen.addresses) == 8
    assert seen.detail.count("10.77.66.10") == 3
    assert "4 of 8 addresses were tried" in seen.detail


def test_a_given_address_is_tried_when_the_name_fails(answer: Answer) -> None:
    name, address = answer.of(GIVEN.text)
    assert (name.word, name.address) == ("dns_failed", "")
    assert (address.word, address.address) == ("ok", net.SERVER)
    assert "the address given with the target" in address.detail


def test_a_given_address_that_the_name_does_not_have_is_told(answer: Answer) -> None:
    (seen,) = answer.of(CONTRADICTED.text)
    assert seen.word == "reset"
    assert "the name does not resolve to 10.77.2.99, the address given" in seen.detail


def test_a_family_without_a_route_is_passed_over_as_clients_do(network: Network) -> None:
    text = f"tcp://web.test:{behaviour.HOLDS}"
    with network.without_route_6():
        seen = network.probe([parse(text), parse(f"tcp://six.test:{behaviour.HOLDS}")])
    (four,) = seen.of(text)
    assert (four.word, four.address) == ("ok", net.SERVER)
    assert four.detail == "connected; no route for IPv6 here"
    assert set(four.addresses) == set(BOTH)
    (six,) = seen.of(f"tcp://six.test:{behaviour.HOLDS}")
    assert (six.word, six.address) == ("unreachable", net.SERVER6)
