"""What the probes do when there is little time, little room, or no answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.functions.vpc_check.probes import behaviour
from tests.integration.functions.vpc_check.probes import network as net
from tests.integration.functions.vpc_check.probes.network import Network
from vpc_check.observation import Observation
from vpc_check.target import Target, parse

REACHED = parse(f"tcp://{net.SERVER}:{behaviour.HOLDS}")
DROPPED = parse(f"tcp://{net.BLACK_HOLE}:443")


@pytest.fixture
def deaf(network: Network) -> Iterator[Network]:
    """The name servers never answer, and the resolver is patient: 10 s with glibc's settings."""
    network.resolv_conf.write_text(f"nameserver {net.BLACK_HOLE}\n")
    yield network
    network.resolv_conf.write_text(net.RESOLV_CONF)


def words(observations: list[Observation]) -> Counter[str]:
    return Counter(seen.word for seen in observations)


def test_hundreds_of_targets_fit_into_the_descriptors_of_a_function(network: Network) -> None:
    swallowed = [Target("tcp", f"10.77.66.{number}", 443) for number in range(1, 201)]
    answering = [Target("tcp", net.SERVER, behaviour.HOLDS, path=f"/{n}") for n in range(200)]
    refusing = [Target("https", net.SERVER, number) for number in range(1, 51)]
    targets = [*swallowed, *answering, *refusing]
    answer = network.probe(targets, budget_s=9, descriptors=1024)
    assert [seen.target for seen in answer.observations] == targets
    assert words(answer.observations) == {"dropped": 200, "ok": 200, "refused": 50}
    assert answer.seconds < 9
    assert answer.descriptors_left_open == 3


def test_few_descriptors_make_it_slower_and_not_wrong(network: Network) -> None:
    targets = [Target("tcp", net.SERVER, behaviour.HOLDS, path=f"/{n}") for n in range(40)]
    answer = network.probe(targets, descriptors=50)
    assert words(answer.observations) == {"ok": 40}


def test_more_targets_than_time_are_told_as_not_tried(network: Network) -> None:
    targets = [Target("tcp", f"10.77.66.{number}", 443) for number in range(1, 41)]
    answer = network.probe(targets, budget_s=3, descriptors=50)
    counted = words(answer.observations)
    assert set(counted) == {"dropped", "not_tried"}
    assert counted.total() == 40
    assert answer.seconds < 4.5


def test_no_budget_is_no_probe(network: Network) -> None:
    answer = network.probe([REACHED, parse("https://web.test")], budget_s=0)
    assert words(answer.observations) == {"not_tried": 2}
    assert answer.seconds < 1


def test_too_short_a_wait_is_not_called_dropped(network: Network) -> None:
    udp = Target("udp", net.BLACK_HOLE, 514)
    answer = network.probe([DROPPED, udp, REACHED], budget_s=1.2)
    assert [seen.word for seen in answer.observations] == ["not_tried", "not_tried", "ok"]
    assert answer.observations[0].detail.endswith(" s, and no time for more")


def test_name_servers_that_never_answer_hold_nothing_up(deaf: Network) -> None:
    names = [Target("tcp", f"name-{number}.test", 443) for number in range(3)]
    answer = deaf.probe([*names, REACHED], budget_s=2)
    *failed, reached = answer.observations
    assert {seen.word for seen in failed} == {"dns_failed"}
    detail = f"no answer from the name servers in 2.0 s ({net.BLACK_HOLE})"
    assert {seen.detail for seen in failed} == {detail}
    assert reached.word == "ok"
    assert answer.seconds < 4


def test_names_whose_turn_never_came_are_not_blamed(deaf: Network) -> None:
    names = [Target("tcp", f"name-{number}.test", 443) for number in range(30)]
    answer = deaf.probe(names, budget_s=1, descriptors=50)
    counted = words(answer.observations)
    assert set(counted) == {"dns_failed", "not_tried"}
    assert counted.total() == 30


def test_addresses_do_not_queue_behind_names(deaf: Network) -> None:
    """More names than there are threads, and all of them hang."""
    names = [Target("tcp", f"name-{number}.test", 443) for number in range(30)]
    answer = deaf.probe([*names, REACHED], budget_s=1.5, descriptors=50)
    assert answer.observations[-1].word == "ok"
