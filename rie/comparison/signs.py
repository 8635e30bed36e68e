"""Signs by which an intended difference is told: they read the facts of both clients."""

from __future__ import annotations

import re
from collections.abc import Callable

from rie.comparison.facts import ERROR, LOG, MESSAGE, OUTCOME, RESULT, TRACE, Facts

Signs = Callable[[Facts, Facts], bool]
"""Takes the facts about one start or event, awslambdaric's first."""


def died(theirs: Facts) -> bool:
    return theirs[OUTCOME].startswith(("exited", "was killed"))


def dies_answered(theirs: Facts, ours: Facts, *outcomes: str) -> bool:
    return died(theirs) and ours[OUTCOME] in outcomes


def own_code_failed(theirs: Facts) -> bool:
    """Whether the last frame that awslambdaric printed before it died is its own."""
    frames = re.findall(r'File "([^"]*)"', theirs.get(LOG, ""))
    return bool(frames) and "awslambdaric" in frames[-1]


def unmarshallable(*kinds: str) -> Signs:
    words = tuple(f"Object of type {kind} is not JSON serializable" for kind in kinds)

    def signs(theirs: Facts, ours: Facts) -> bool:
        return theirs.get(MESSAGE, "").endswith(words) and ours[OUTCOME] in (RESULT, ERROR)

    return signs


def _traces(theirs: Facts, ours: Facts) -> tuple[list[str], list[str]]:
    return theirs.get(TRACE, "").splitlines(), ours.get(TRACE, "").splitlines()


def without(sign: str) -> Signs:
    """Their trace has frames of a file like `sign`, ours has none."""

    def signs(theirs: Facts, ours: Facts) -> bool:
        return sign in theirs.get(TRACE, "") and sign not in ours.get(TRACE, "")

    return signs


def adds_to_trace(theirs: Facts, ours: Facts) -> bool:
    mark = re.compile(r"^\s*(Caused by|While handling|Note:|Member \d+ of)", re.MULTILINE)
    fewer, more = _traces(theirs, ours)
    return bool(mark.search("\n".join(more))) and set(fewer) <= set(more)
