"""functions/shell names the scenario of its event."""

from __future__ import annotations

from rie.demo import events as basics
from rie.demo.stage import Stage


def play(stage: Stage) -> bool:
    """Whether it echoed its request and named the scenario."""
    reply = basics.play(stage, "scenario.json")
    named = "SCENARIO: nightly-scale-down" in reply.log
    return named and reply.body.startswith(b"Echoing request:")
