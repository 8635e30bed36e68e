"""All targets in parallel: names first, each address as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from vpc_check.observation import Observation
from vpc_check.probes import limits
from vpc_check.probes.lookup import Answer, look_up
from vpc_check.probes.round import Round, Seen
from vpc_check.probes.thread_pool import Crew
from vpc_check.probes.told import told
from vpc_check.target import Target


def probe_all(targets: Sequence[Target], *, budget_s: float) -> list[Observation]:
    """Probe all targets at once and return by `budget_s` seconds, whatever the network does.

    Returns at least one observation per target, in the order of the targets: one for each family
    of addresses (IPv4, IPv6) that there is a route for, and where the addresses of a family end
    differently, one for each word with the first address that ended so. What a name resolves to
    is in `addresses`, all of it, also where no probe was made.
    """
    if not targets:
        return []
    began = time.monotonic()
    threads = limits.width()
    step_s = limits.step_s(len(targets), threads, budget_s)
    # A probe that ends in time still has to be heard.
    end = began + budget_s - min(0.5, budget_s / 10)
    current = Round(targets, step_s, end)
    with Crew[Answer | Seen](threads) as crew:
        # Addresses need no name server; they go first, so that one that hangs keeps none waiting.
        for host in dict.fromkeys(target.host for target in targets if target.literal):
            _probe(crew, current, look_up(host))
        for host in dict.fromkeys(target.host for target in targets if not target.literal):
            crew.give(partial(_look_up, current, host))
        for result in crew.results(until=began + budget_s):
            if isinstance(result, Seen):
                current.seen[result.number][result.place] = result
            else:
                _probe(crew, current, result)
    waited_s = time.monotonic() - began
    return [each for number in range(len(targets)) for each in told(current, number, waited_s)]


def _probe(crew: Crew[Answer | Seen], current: Round, answer: Answer) -> None:
    for number, place in current.answered(answer):
        crew.give(partial(current.attempt, number, place))


def _look_up(current: Round, host: str) -> Answer:
    if time.monotonic() >= current.end:
        return Answer(host, (), "", 0.0)
    current.looking.add(host)
    return look_up(host)
