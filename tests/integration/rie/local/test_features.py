"""What the runtime adds to awslambdaric, where AWS's emulator can show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.rie.conftest import Start


def test_a_stream_arrives_whole_and_the_next_invocation_works(start: Start) -> None:
    emulator = start("app.stream")
    assert emulator.invoke(b"{}").body == b"one two three"
    assert emulator.invoke(b"{}").body == b"one two three"


def test_a_stream_that_fails_before_its_first_byte_is_an_error(start: Start) -> None:
    report = json.loads(start("app.stream").invoke(b'"early"').body)
    assert report["errorType"] == "ValueError"


def test_a_stream_that_fails_later_leaves_its_record_in_the_log(start: Start, log: Path) -> None:
    emulator = start("app.stream")
    # The emulator drops trailers, so the pieces so far are all that its caller gets.
    assert emulator.invoke(b'"late"').body == b"one "
    assert emulator.invoke(b"{}").body == b"one two three"
    emulator.stop()
    assert "[ERROR] ValueError: after it" in log.read_text()


def test_a_coroutine_answers(start: Start) -> None:
    emulator = start("app.coroutine")
    assert json.loads(emulator.invoke(b"1").body) == {"event": 1, "task": True}


def test_a_method_answers(start: Start) -> None:
    assert start("app.Worker.method").invoke(b"{}").body == b'"Worker"'


def test_a_time_out_shows_where_the_handler_hung(start: Start, log: Path) -> None:
    emulator = start("app.never_ends", timeout_s=1)
    emulator.invoke(b"{}")
    emulator.stop()
    assert " in never_ends" in log.read_text()
    assert "is about to time out" in log.read_text()
