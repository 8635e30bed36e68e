"""One run of the probes: what is known so far."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpc_check.probes.attempt import SECURE, attempt
from vpc_check.probes.lookup import Answer, Place, look_up, worth_trying
from vpc_check.probes.outcome import Outcome
from vpc_check.target import Target

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class Seen:
    """The outcome of the probe of the target of that number at one place."""

    number: int
    place: Place
    outcome: Outcome
    seconds: float


class Round:
    """Targets, and what came of them; changed by one thread only but for `looking`.

    `looking` has the hosts whose lookup began, `answers` and `notes` are by host. `seen` is by the
    target's number, then by place: None until the probe has ended.
    """

    def __init__(self, targets: Sequence[Target], step_s: float, end: float) -> None:
        self.targets = targets
        self.step_s = step_s
        self.end = end
        self.context = _context(targets)
        self.looking: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self.notes: dict[str, str] = {}
        self.seen: list[dict[Place, Seen | None]] = [{} for _ in targets]
        self._numbers: dict[str, list[int]] = {}
        for number, target in enumerate(targets):
            self._numbers.setdefault(target.host, []).append(number)

    def answered(self, answer: Answer) -> Iterator[tuple[int, Place]]:
        """Note an answer, and yield the probes that it makes possible.

        Of a host without an answer, the address that somebody gave is probed.
        """
        self.answers[answer.host] = answer
        places, self.notes[answer.host] = worth_trying(answer.places)
        for number in self._numbers[answer.host]:
            given = self.targets[number].address if answer.error else ""
            for place in look_up(given).places if given else places:
                self.seen[number][place] = None
                yield number, place

    def attempt(self, number: int, place: Place) -> Seen:
        """Probe a target at a place."""
        began = time.monotonic()
        outcome = attempt(self.targets[number], place, self.step_s, self.end, self.context)
        return Seen(number, place, outcome, time.monotonic() - began)


def _context(targets: Sequence[Target]) -> ssl.SSLContext | None:
    """One for all, made only when TLS is asked for: reading the authorities takes its time."""
    if not any(target.protocol in SECURE for target in targets):
        return None
    from vpc_check.probes import tls

    return tls.trusting()
