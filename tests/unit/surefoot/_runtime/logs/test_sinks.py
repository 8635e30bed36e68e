"""Sinks: text to standard output, frames to Lambda's descriptor."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator

import pytest

from surefoot._runtime.logs import Log
from surefoot._runtime.logs.sinks import FramedSink, Sink, error_lines, make_sink
from tests.unit import fakes


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_without_a_descriptor_records_go_to_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sink = make_sink(None)
    sink.write("a record\n", 20)
    sink.write_error(["one", "two"])
    assert capsys.readouterr().out == "a record\none\rtwo\n"


def test_without_a_standard_output_records_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    Sink().write("nowhere")


@pytest.mark.parametrize(
    ("level", "json", "kind"),
    [
        (0, False, 0xA55A0003),
        (10, False, 0xA55A000B),
        (20, False, 0xA55A000F),
        (30, False, 0xA55A0013),
        (40, False, 0xA55A0017),
        (50, False, 0xA55A001B),
        (0, True, 0xA55A0002),
        (10, True, 0xA55A000A),
        (50, True, 0xA55A001A),
    ],
)
def test_frames(pipe: tuple[int, int], level: int, json: bool, kind: int) -> None:
    before = time.time_ns() // 1000
    make_sink(pipe[1]).write("é\udcff", level, json)
    after = time.time_ns() // 1000
    seen, length, micros = struct.unpack(">IIQ", os.read(pipe[0], 16))
    text = os.read(pipe[0], 100)
    assert (seen, length, text) == (kind, len(text), "é\\udcff".encode())
    assert before <= micros <= after


def test_an_error_is_one_frame_of_lines(pipe: tuple[int, int]) -> None:
    FramedSink(pipe[1]).write_error(["one", "two"])
    frame = os.read(pipe[0], 100)
    assert (frame[:4], frame[16:]) == (b"\xa5\x5a\x00\x17", b"one\ntwo")


def test_a_log_makes_its_sink_from_the_settings(
    pipe: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    Log(fakes.config()).write("plain")
    fakes.log(_LAMBDA_TELEMETRY_LOG_FD=str(pipe[1])).write("framed")
    assert capsys.readouterr().out == "plain"
    assert os.read(pipe[0], 100).endswith(b"framed")


@pytest.mark.parametrize(
    ("kind", "message", "head"),
    [
        ("KeyError", "'k'", "[ERROR] KeyError: 'k'"),
        ("KeyError", "", "[ERROR] KeyError"),
        ("", "text", "[ERROR] text"),
        ("", "", "[ERROR]"),
    ],
)
def test_the_lines_of_an_error(kind: str, message: str, head: str) -> None:
    lines = error_lines(kind, message, ["  File x\n    code\n", ""])
    nbsp = "\u00a0"
    trace = "Traceback (most recent call last):"
    assert lines == [head, trace, nbsp * 2 + "File x", nbsp * 4 + "code", ""]
