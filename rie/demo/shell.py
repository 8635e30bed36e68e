"""functions/shell names the scenario of its event."""

from __future__ import annotations

from rie.demo import events
from rie.demo.scene import Demo


def run(demo: Demo) -> bool:
    """Whether it echoed its request and named the scenario."""
    reply = events.run(demo, "scenario.json")
    named = "SCENARIO: nightly-scale-down" in reply.log
    return named and reply.body.startswith(b"Echoing request:")
