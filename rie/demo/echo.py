"""functions/echo answers with the event that it was given."""

from __future__ import annotations

import json

from rie.demo import events as basics
from rie.demo.stage import Stage

EVENT = "scheduler.json"


def play(stage: Stage) -> bool:
    """Whether the event came back, and its source was logged."""
    reply = basics.play(stage, EVENT)
    event = json.loads((stage.function.directory / "events" / EVENT).read_text())
    logged = any("aws.scheduler" in line for line in reply.log)
    return logged and isinstance(reply.json, dict) and reply.json.get("event") == event
