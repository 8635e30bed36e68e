"""A comparison as text: short where both are the same, a small diff where they are not."""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Iterator, Sequence

from rie.compare.differences import Difference
from rie.compare.intended import INTENDED_DIFFERENCES
from rie.compare.observations import BODY, LOG, OUTCOME
from rie.compare.verdict import OURS, THEIRS, TIMINGS, Result, Verdict
from rie.console import Styler
from rie.untrusted_text import escape_control_characters

_WIDTH = 100
_MAX_LINES = 40
_AROUND = 60  # characters shown on each side of where two long lines part
_REASONS = {each.name: each.reason for each in INTENDED_DIFFERENCES}
_ENDS = {
    Verdict.SAME: ("green", "Same: {handler} behaves the same on both."),
    Verdict.INTENDED: (
        "green",
        "Intended: surefoot makes every one of these differences on purpose.",
    ),
    Verdict.DIFFERENT: ("red", "Different: {count} not intended."),
}


def lines(result: Result, style: Styler) -> Iterator[str]:
    """The lines to print."""
    subject = result.subject
    names = [f"{name} {subject.versions[name]}" for name in (THEIRS, OURS)]
    runs = len(result.ours)
    yield style(
        f"{subject.handler} under {names[0]} (-) and {names[1]} (+), CPython {subject.python}, "
        f"{runs} run{'s' if runs != 1 else ''} each",
        "bold",
    )
    for place in range(len(subject.sources) + 1):
        yield from _place(result, place, style)
    yield from _whole_run(result, style)
    yield from _explanations(result, style)
    yield from _timings(result)
    yield ""
    if any(not each.names for each in result.comparison.differences) and runs == 1:
        yield "With --runs 2 or more, values that vary from run to run are recognized."
    count = sum(not each.names for each in result.comparison.differences)
    colour, words = _ENDS[result.verdict]
    text = f"{count} difference{'s' if count != 1 else ''}"
    yield style(words.format(handler=subject.handler, count=text), colour)


def _place(result: Result, place: int, style: Styler) -> Iterator[str]:
    name = result.subject.place(place)
    comparison = result.comparison
    differing = [each for each in comparison.differences if each.place == place]
    varying = [fact for number, fact in comparison.varying if number == place]
    if not differing:
        if place and any(place > len(trial.turns) for trial in (*result.theirs, *result.ours)):
            yield f"{name}: not reached"
            return
        note = f" (except for values that vary: {', '.join(varying)})" if varying else ""
        yield f"{name}: same{note}, {_summary(result, place)}"
        return
    yield f"{name}:"
    yield from _facts(differing, style)


def _whole_run(result: Result, style: Styler) -> Iterator[str]:
    """What left the process, where that differs."""
    place = len(result.subject.sources) + 1
    differing = [each for each in result.comparison.differences if each.place == place]
    if differing:
        yield f"{result.subject.place(place)}:"
        yield from _facts(differing, style)


def _facts(differing: Sequence[Difference], style: Styler) -> Iterator[str]:
    for each in differing:
        label = style(f"intended: {', '.join(each.names)}", "cyan") if each.names else ""
        fact = "answer" if each.fact == OUTCOME and each.place else each.fact
        varies = " (varies from run to run, too)" if each.varies else ""
        yield f"  {fact}: {label or style('differs', 'red')}{varies}"
        yield from (f"    {line}" for line in _diff(each, style))


def _summary(result: Result, place: int) -> str:
    trial = result.ours[0]
    found = trial.turns[place - 1] if place else trial.start
    logged = len([line for line in found[LOG].splitlines() if line])
    size = f", {len(found[BODY].encode()):,} bytes" if BODY in found else ""
    return f"{found[OUTCOME]}{size}, {logged} log line{'s' if logged != 1 else ''}"


def _diff(difference: Difference, style: Styler) -> Iterator[str]:
    theirs, ours = (_shown(text).splitlines() for text in (difference.theirs, difference.ours))
    if theirs == ours:  # the same document in other bytes: spaces, escapes, order
        theirs, ours = [difference.theirs], [difference.ours]
    if len(theirs) == len(ours) == 1:
        theirs, ours = ([line] for line in _cut(theirs[0], ours[0]))
    found = list(difflib.unified_diff(theirs, ours, n=1, lineterm=""))[2:]
    shown = [line for line in found if not line.startswith("@@")]
    for line in shown[:_MAX_LINES]:
        colour = {"-": "red", "+": "green"}.get(line[:1])
        safe = escape_control_characters(line)
        yield style(safe, colour) if colour else safe
    if len(shown) > _MAX_LINES:
        yield f"… {len(shown) - _MAX_LINES} more lines (--json has all of it)"


def _shown(text: str) -> str:
    """JSON of more than one value line by line, anything else as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if isinstance(value, (dict, list)):
        return json.dumps(value, indent=2, ensure_ascii=False)
    return text


def _cut(theirs: str, ours: str) -> tuple[str, str]:
    """Two lines, long ones cut to what surrounds the first place where they part."""
    pairs = enumerate(zip(theirs, ours, strict=False))
    shorter = min(len(theirs), len(ours))
    parting = next((index for index, (left, right) in pairs if left != right), shorter)
    begin = max(0, parting - _AROUND)

    def cut(line: str) -> str:
        end = parting + _AROUND
        return ("…" if begin else "") + line[begin:end] + ("…" if end < len(line) else "")

    return cut(theirs), cut(ours)


def _explanations(result: Result, style: Styler) -> Iterator[str]:
    names = dict.fromkeys(name for each in result.comparison.differences for name in each.names)
    if names:
        yield ""
        yield style("Intended differences", "bold")
        for name in names:
            yield textwrap.fill(f"  {name}: {_REASONS[name]}", _WIDTH, subsequent_indent="    ")


def _timings(result: Result) -> Iterator[str]:
    timings = result.timings()
    if not timings:
        return
    yield ""
    yield f"{'timings, ms':24}{THEIRS:>14}{OURS:>12}"
    for name, both in timings.items():
        share = f"{both[OURS] / both[THEIRS]:.0%}" if both[THEIRS] else ""
        digits = 1 if name.startswith("start") else 3
        yield (
            f"{TIMINGS[name]:24}{both[THEIRS]:>14.{digits}f}{both[OURS]:>12.{digits}f}{share:>7}"
        )
