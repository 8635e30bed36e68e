"""Sinks: text to standard output, frames to Lambda's descriptor."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from surefoot._runtime import logs
from surefoot._runtime.logs import Log, say
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


class Broken:
    """A standard error of the function's own."""

    def write(self, _: str) -> None:
        raise RuntimeError("mine")

    flush = write


@pytest.mark.parametrize("stream", [None, Broken()])
def test_what_the_runtime_says_goes_to_standard_error_whatever_the_function_made_of_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    say("hello")
    monkeypatch.setattr("sys.stderr", stream)
    say("again, \udcff")
    assert capfd.readouterr().err == "surefoot: hello\nsurefoot: again, \\udcff\n"


@pytest.fixture
def standard_error() -> Iterator[int]:
    """Put other things in the place of descriptor 2, and put it back after the test."""
    kept = os.dup(2)
    yield 2
    os.dup2(kept, 2)
    os.close(kept)


def test_a_full_pipe_drops_lines_and_the_next_one_that_leaves_says_how_many(
    pipe: tuple[int, int], standard_error: int
) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    os.dup2(writing, standard_error)
    say("one")
    say("two")
    while len(os.read(reading, 1 << 20)) == 1 << 20:
        pass
    say("three")
    say("four")
    assert os.read(reading, 1 << 20) == (
        b"surefoot: 2 earlier lines were dropped: no one read them.\n"
        b"surefoot: three\nsurefoot: four\n"
    )


def test_a_closed_standard_error_is_no_error(pipe: tuple[int, int], standard_error: int) -> None:
    os.close(standard_error)
    say("into the void")
    os.dup2(pipe[1], standard_error)
    say("here")
    assert os.read(pipe[0], 1 << 20).endswith(b"surefoot: here\n")


def test_a_reader_that_left_is_no_error(standard_error: int) -> None:
    reading, writing = os.pipe()
    os.dup2(writing, standard_error)
    os.close(writing)
    os.close(reading)
    say("nobody there")
    assert logs._dropped == 1
    logs._dropped = 0


def test_a_long_line_arrives_whole(pipe: tuple[int, int], standard_error: int) -> None:
    reading, writing = pipe
    os.dup2(writing, standard_error)
    received: list[bytes] = []

    def read() -> None:
        while not received or not received[-1].endswith(b"\n"):
            received.append(os.read(reading, 1 << 16))

    reader = threading.Thread(target=read)
    reader.start()
    say("x" * 300_000)
    reader.join()
    assert b"".join(received) == b"surefoot: " + b"x" * 300_000 + b"\n"


def test_who_does_not_read_keeps_the_runtime_waiting_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def refuse(_: int, __: bytes, seconds: float) -> bool:
        waits.append(seconds)
        return False

    monkeypatch.setattr(logs, "write_within", refuse)
    monkeypatch.setattr(logs, "_dropped", 0)
    for line in ("one", "two", "three"):
        say(line)
    assert waits == [0.25, 0, 0]
    assert logs._dropped == 3
