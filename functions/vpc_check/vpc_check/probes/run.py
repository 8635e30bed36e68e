"""All targets in parallel: names first, each address as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vpc_check.observation import Observation
from vpc_check.probes import limits
from vpc_check.probes.attempt import SECURE, attempt
from vpc_check.probes.limits import MOST_ADDRESSES
from vpc_check.probes.lookup import DnsResult, SocketAddress, look_up, servers, worth_trying
from vpc_check.probes.outcome import Outcome
from vpc_check.probes.thread_pool import DaemonThreadPool
from vpc_check.target import Target

if TYPE_CHECKING:
    import ssl

_NO_TIME = Outcome("not_tried", "no time was left")


@dataclass(frozen=True)
class ProbeResult:
    """The outcome of the probe of the target of that number at one place."""

    number: int
    place: SocketAddress
    outcome: Outcome
    seconds: float


class ProbeRun:
    """Targets, and what came of them; changed by one thread only but for `looking`.

    `looking` has the hosts whose lookup began, `answers` and `notes` are by host. `seen` is by the
    target's number, then by place: None until the probe has ended.
    """

    def __init__(self, targets: Sequence[Target], step_s: float, end: float) -> None:
        self.targets = targets
        self.step_s = step_s
        self.end = end
        self.context = _make_context(targets)
        self.looking: set[str] = set()
        self.answers: dict[str, DnsResult] = {}
        self.notes: dict[str, str] = {}
        self.seen: list[dict[SocketAddress, ProbeResult | None]] = [{} for _ in targets]
        self._numbers: dict[str, list[int]] = {}
        for number, target in enumerate(targets):
            self._numbers.setdefault(target.host, []).append(number)

    def answered(self, answer: DnsResult) -> Iterator[tuple[int, SocketAddress]]:
        """Note an answer, and yield the probes that it makes possible.

        Of a host without an answer, the address that came with the target is probed.
        """
        self.answers[answer.host] = answer
        places, self.notes[answer.host] = worth_trying(answer.places)
        for number in self._numbers[answer.host]:
            given = self.targets[number].address if answer.error else ""
            for place in look_up(given).places if given else places:
                self.seen[number][place] = None
                yield number, place

    def attempt(self, number: int, place: SocketAddress) -> ProbeResult:
        """Probe a target at a place."""
        began = time.monotonic()
        outcome = attempt(self.targets[number], place, self.step_s, self.end, self.context)
        return ProbeResult(number, place, outcome, time.monotonic() - began)


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
    run = ProbeRun(targets, step_s, end)
    with DaemonThreadPool[DnsResult | ProbeResult](threads) as pool:
        # Addresses need no name server; they go first, so that one that hangs keeps none waiting.
        for host in dict.fromkeys(target.host for target in targets if target.literal):
            _probe(pool, run, look_up(host))
        for host in dict.fromkeys(target.host for target in targets if not target.literal):
            pool.submit(partial(_look_up, run, host))
        for result in pool.results(until=began + budget_s):
            if isinstance(result, ProbeResult):
                run.seen[result.number][result.place] = result
            else:
                _probe(pool, run, result)
    waited_s = time.monotonic() - began
    return [each for number in range(len(targets)) for each in _observe(run, number, waited_s)]


def _probe(
    pool: DaemonThreadPool[DnsResult | ProbeResult], run: ProbeRun, answer: DnsResult
) -> None:
    for number, place in run.answered(answer):
        pool.submit(partial(run.attempt, number, place))


def _look_up(run: ProbeRun, host: str) -> DnsResult:
    if time.monotonic() >= run.end:
        return DnsResult(host, (), "", 0.0)
    run.looking.add(host)
    return look_up(host)


def _make_context(targets: Sequence[Target]) -> ssl.SSLContext | None:
    """One for all, made only when TLS is asked for: reading the authorities takes its time."""
    if not any(target.protocol in SECURE for target in targets):
        return None
    from vpc_check.probes import tls

    return tls.make_context()


def _observe(run: ProbeRun, number: int, waited_s: float) -> Iterator[Observation]:
    """Yield the observations of one target: of its name if that failed, then of its addresses.

    :param waited_s: how long a lookup that has not come back was waited for
    """
    target = run.targets[number]
    answer = run.answers.get(target.host)
    if answer is None:
        yield _unanswered(run, number, waited_s)
        return
    if answer.error:
        ms = answer.seconds * 1000
        yield Observation(target, "dns_failed", answer.error, milliseconds=ms)
    elif not answer.places:
        yield Observation(target, _NO_TIME.word, _NO_TIME.detail)
    for places in _alike(run, number):
        seen = run.seen[number][places[0]]
        outcome = seen.outcome if seen else _NO_TIME
        notes = [*_notes(answer, target.address, places), run.notes[target.host]]
        yield Observation(
            target,
            outcome.word,
            "; ".join(each for each in (outcome.detail, *notes) if each),
            places[0].address,
            answer.addresses,
            (answer.seconds + (seen.seconds if seen else 0.0)) * 1000,
        )


def _unanswered(run: ProbeRun, number: int, waited_s: float) -> Observation:
    target = run.targets[number]
    if target.host not in run.looking:
        return Observation(target, _NO_TIME.word, _NO_TIME.detail)
    detail = f"no answer from the name servers in {waited_s:.1f} s{servers()}"
    return Observation(target, "dns_failed", detail, milliseconds=waited_s * 1000)


def _alike(run: ProbeRun, number: int) -> list[list[SocketAddress]]:
    """The places that were probed, those of one family and one word together."""
    groups: dict[tuple[int, str], list[SocketAddress]] = {}
    for place, seen in run.seen[number].items():
        word = seen.outcome.word if seen else _NO_TIME.word
        groups.setdefault((place.family, word), []).append(place)
    return list(groups.values())


def _notes(answer: DnsResult, given: str, places: list[SocketAddress]) -> Iterator[str]:
    if len(places) > 1:
        yield f"the same at {', '.join(place.address for place in places[1:])}"
    known = [place for place in answer.places if place.family == places[0].family]
    if len(known) > MOST_ADDRESSES:
        yield f"{MOST_ADDRESSES} of {len(known)} addresses were tried"
    if given and answer.error:
        yield "the address given with the target, not resolved"
    elif given and given not in answer.addresses:
        yield f"the name does not resolve to {given}, the address given"
