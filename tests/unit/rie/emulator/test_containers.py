"""Whether a container's memory was full, by the engine's flag or its events."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rie.emulator.containers import ContainerProcess

KILLED = 137


class Engine:
    """Answers with the events it is given, and keeps what it was asked."""

    def __init__(self, *events: str) -> None:
        self._events = events
        self.asked: list[dict[str, Any]] = []

    def events(self, **options: Any) -> list[str]:
        self.asked.append(options)
        return list(self._events)


def ran_out_of_memory(
    engine: Engine, status: int, *, flag: bool = False, ours: bool = False
) -> bool:
    process = ContainerProcess.__new__(ContainerProcess)
    values: dict[str, Any] = {"_client": engine, "_killed": ours, "_began": 1_700_000_000.5}
    process.__dict__.update(values)
    container: Any = SimpleNamespace(attrs={"State": {"OOMKilled": flag}}, id="abc")
    return process._ran_out_of_memory(container, status)


def test_the_event_counts_where_the_flag_came_too_late() -> None:
    engine = Engine("oom")
    assert ran_out_of_memory(engine, KILLED)
    (asked,) = engine.asked
    assert asked["since"] == 1_700_000_000
    assert asked["filters"] == {"container": "abc", "event": "oom"}
    assert not ran_out_of_memory(Engine(), KILLED)


@pytest.mark.parametrize(
    ("status", "flag", "ours", "full"),
    [(KILLED, True, False, True), (KILLED, False, True, False), (1, False, False, False)],
)
def test_the_engine_is_asked_only_about_a_kill_that_is_not_ours(
    status: int, flag: bool, ours: bool, full: bool
) -> None:
    engine = Engine("oom")
    assert ran_out_of_memory(engine, status, flag=flag, ours=ours) is full
    assert engine.asked == []
