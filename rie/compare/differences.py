"""Where the runs of two clients differ, and which of that is intended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rie.compare.intended import INTENDED_DIFFERENCES, WHOLE, IntendedDifference
from rie.compare.nondeterminism import settle
from rie.compare.observations import (
    ERROR_TYPE,
    LOG,
    MESSAGE,
    OUTCOME,
    READY,
    TRACE,
    Observations,
    of_log,
)
from rie.compare.run import Run

START = 0
"""The place of a difference before the first event; events count from 1."""

_ABSENT = "(none)"
_NOT_RUN: Observations = {OUTCOME: "not run: the runtime did not start again", LOG: ""}
# The record of an uncaught error where the log's format is JSON.
_JSON_RECORD = re.compile(
    r'^\{"timestamp": .*"level": "ERROR", "errorMessage": .*"stackTrace": .*\}$', re.MULTILINE
)


@dataclass(frozen=True)
class Difference:
    """One fact of one place (START, or the number of an event) that is not the same.

    `names` are the intended differences that account for it; none: it needs a look. `varies` says
    that it also differs between runs of one client, as far as can be seen.
    """

    place: int
    fact: str
    theirs: str
    ours: str
    names: tuple[str, ...] = ()
    varies: bool = False


@dataclass(frozen=True)
class Comparison:
    """All differences; `varying` names the facts (place, fact) that vary by themselves."""

    differences: tuple[Difference, ...]
    varying: tuple[tuple[int, str], ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def intended(self) -> bool:
        """Whether each difference is an intended one."""
        return all(difference.names for difference in self.differences)


def compare(
    theirs: Sequence[Run],
    ours: Sequence[Run],
    events: int,
    effects: Sequence[Sequence[Observations]] = ((), ()),
) -> Comparison:
    """Compare the trials of awslambdaric with those of surefoot, place by place.

    `effects` are those of whole runs, awslambdaric's first. They count where both answered alike.
    """
    found: list[Difference] = []
    varying: list[tuple[int, str]] = []
    for place in range(events + 1):
        their_runs = [_at(place, trial) for trial in theirs]
        our_runs = [_at(place, trial) for trial in ours]
        if any(not facts for facts in (*their_runs, *our_runs)):
            break  # one of them never got so far, as its start shows
        names = list(dict.fromkeys(name for facts in (*their_runs, *our_runs) for name in facts))
        if _outcomes_differ(their_runs, our_runs):
            names = [OUTCOME, LOG]  # the rest of an answer has no counterpart
        for name in names:
            difference, varies = _fact(place, name, their_runs, our_runs)
            if difference is not None:
                found.append(difference)
            elif varies:
                varying.append((place, name))
    if not any(each.fact == OUTCOME for each in found):
        place = events + 1
        for name in dict.fromkeys(name for side in effects for facts in side for name in facts):
            left, right, varies = _settle(name, *effects)
            if left != right:
                found.append(Difference(place, name, left, right, varies=varies))
            elif varies:
                varying.append((place, name))
    return Comparison(tuple(found), tuple(varying))


def _at(place: int, trial: Run) -> Observations:
    """The facts of a place; empty when the runtime did not even start."""
    if place == START:
        return trial.start
    if place <= len(trial.turns):
        return trial.turns[place - 1]
    return _NOT_RUN if trial.start[OUTCOME] == READY else {}


def _outcomes_differ(theirs: Sequence[Observations], ours: Sequence[Observations]) -> bool:
    return {facts[OUTCOME] for facts in theirs} != {facts[OUTCOME] for facts in ours}


def _fact(
    place: int, name: str, theirs: Sequence[Observations], ours: Sequence[Observations]
) -> tuple[Difference | None, bool]:
    """The difference in one fact, if any, and whether the fact varies by itself."""
    left, right, varies = _settle(name, theirs, ours)
    if left == right:
        return None, varies
    if name == OUTCOME:
        left, right = _whole(theirs[0]), _whole(ours[0])
    if name == LOG:
        names = _log_names(theirs[0], ours[0], (left, right))
    else:
        names = tuple(each.name for each in _known(theirs[0], ours[0]) if name in each.touches)
    return Difference(place, name, left, right, names, varies), varies


def _settle(
    name: str, theirs: Sequence[Observations], ours: Sequence[Observations]
) -> tuple[str, str, bool]:
    sides = [[facts.get(name, _ABSENT) for facts in side] for side in (theirs, ours)]
    return settle(*sides)


def _whole(facts: Observations) -> str:
    return "\n".join(f"{name}: {text}" for name, text in facts.items() if name != LOG)


def _log_names(theirs: Observations, ours: Observations, logs: Sequence[str]) -> tuple[str, ...]:
    """The intended differences that leave nothing of a difference between logs, if they do."""
    sides = list(logs)
    known = _known(theirs, ours)
    names = []
    for each in known:
        for side, pattern in enumerate((each.theirs_only, each.ours_only)):
            if pattern and re.search(pattern, sides[side], re.MULTILINE):
                sides[side] = re.sub(pattern, "", sides[side], flags=re.MULTILINE)
                names.append(each.name)
    if _lines(sides[0]) != _lines(sides[1]):
        # The record of an uncaught error repeats its report, so what explains one explains both.
        names += [each.name for each in known if TRACE in each.touches and each.name not in names]
        pairs = zip(sides, (theirs, ours), strict=True)
        sides = [_without_record(text, reported) for text, reported in pairs]
    shorter, longer = sorted(map(_lines, sides), key=len)
    if shorter == longer:
        return tuple(names)
    line_ends = [each.name for each in known if each.only_line_ends]
    if line_ends and "".join(shorter) == "".join(longer):
        return (*names, *line_ends)
    # Where one client fails and the other does not, the one prints what the other never reaches.
    parted = any(each.touches >= WHOLE for each in known)
    return tuple(names) if parted and longer[: len(shorter)] == shorter else ()


def _without_record(log: str, reported: Observations) -> str:
    if TRACE not in reported:
        return log
    summary = ": ".join(text for text in (reported[ERROR_TYPE], reported[MESSAGE]) if text)
    text = of_log(f"[ERROR] {summary}\nTraceback (most recent call last):\n{reported[TRACE]}")
    return _JSON_RECORD.sub("", log.replace(text, "", 1))


def _known(theirs: Observations, ours: Observations) -> list[IntendedDifference]:
    return [
        each
        for each in INTENDED_DIFFERENCES
        if each.applies is not None and each.applies(theirs, ours)
    ]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]
