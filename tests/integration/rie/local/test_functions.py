"""The two functions of the demo, in process mode under the real emulator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from rie.function import find
from rie.local.client import InvocationOutcome
from rie.local.official_rie import OfficialRie


def test_echo_answers_a_scheduled_event_with_what_it_knows(log: Path) -> None:
    echo = find("echo")
    event = (echo.directory / "events" / "scheduler.json").read_bytes()
    with log.open("w") as output, OfficialRie(echo, logs=output, timeout_s=30) as emulator:
        answer = emulator.invoke(event)
    result = json.loads(answer.body)
    assert result["event"] == json.loads(event)
    assert result["request_id"] == answer.request_id
    assert (result["function"], result["memory_mb"]) == ("echo", 512)
    assert 0 < result["remaining_ms"] <= 30_000
    assert f"\t{answer.request_id}\tgot an event from aws.scheduler\n" in log.read_text()


def test_the_function_from_the_field_runs_unchanged(log: Path) -> None:
    shell = find("shell")
    event = b'{"scenario": "it\'s a \\"test\\"", "step": "two  spaces"}'
    with (
        log.open("w") as output,
        OfficialRie(shell, logs=output, variables={"APP_ENV": "test"}) as e,
    ):
        answer = e.invoke(event)
    assert answer.outcome is InvocationOutcome.SUCCEEDED
    assert answer.body.decode() == f"Echoing request: '{event.decode()}'"
    logged = log.read_text().splitlines()
    assert [event.decode(), "ENV: test", 'SCENARIO: it\'s a "test"', "STEP: two  spaces"] == [
        line for line in logged if line.startswith(("{", "ENV", "SCENARIO", "STEP"))
    ]


@pytest.mark.parametrize("event", [b"{}", b'{"scenario": null}'])
def test_the_function_from_the_field_answers_an_event_without_its_keys(event: bytes) -> None:
    # The variable is not optional: nounset is on, as in the tutorial's bootstrap.
    given = {"APP_ENV": "test"}
    with OfficialRie(find("shell"), logs=subprocess.DEVNULL, variables=given) as emulator:
        assert emulator.invoke(event).outcome is InvocationOutcome.SUCCEEDED
