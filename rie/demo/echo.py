"""functions/echo answers with the event that it was given."""

from __future__ import annotations

import json

from rie.demo import events
from rie.demo.scene import Demo

EVENT = "scheduler.json"


def run(demo: Demo) -> bool:
    """Whether the event came back, and its source was logged."""
    reply = events.run(demo, EVENT)
    event = json.loads((demo.function.directory / "events" / EVENT).read_text())
    logged = any("aws.scheduler" in line for line in reply.log)
    return logged and isinstance(reply.json, dict) and reply.json.get("event") == event
