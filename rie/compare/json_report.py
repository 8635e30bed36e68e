"""A comparison as JSON, for programs."""

from __future__ import annotations

from typing import Any

from rie.compare.intended import INTENDED_DIFFERENCES
from rie.compare.verdict import OURS, THEIRS, Result

VERSION = 1
"""Changes when a key is removed or changes its meaning."""


def record(result: Result) -> dict[str, Any]:
    """Everything that was found; milliseconds are medians over the runs."""
    subject = result.subject
    reasons = {each.name: each.reason for each in INTENDED_DIFFERENCES}
    return {
        "version": VERSION,
        "verdict": result.verdict.name.lower(),
        "exit_code": result.verdict.value,
        "handler": subject.handler,
        "versions": {"python": subject.python, **subject.versions},
        "runs": len(result.ours),
        "differences": [
            {
                "place": subject.place(each.place),
                "event": each.place or None,
                "fact": each.fact,
                THEIRS: each.theirs,
                OURS: each.ours,
                "varies": each.varies,
                "intended": {name: reasons[name] for name in each.names},
            }
            for each in result.comparison.differences
        ],
        "varying": [
            {"place": subject.place(place), "event": place or None, "fact": fact}
            for place, fact in result.comparison.varying
        ],
        "start": {THEIRS: result.theirs[0].start, OURS: result.ours[0].start},
        "events": [
            {
                "source": source,
                **{
                    name: trial.turns[index] if index < len(trial.turns) else None
                    for name, trial in ((THEIRS, result.theirs[0]), (OURS, result.ours[0]))
                },
            }
            for index, source in enumerate(subject.sources)
        ],
        "milliseconds": {
            name: {client: round(value, 4) for client, value in both.items()}
            for name, both in result.timings().items()
        },
    }
