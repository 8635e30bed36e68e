"""Lines for the operator on standard error: none waits for long, and lost ones are counted."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import pytest

from surefoot._process import operator_log
from surefoot._process.operator_log import log_to_operator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


class Broken:
    """A standard error of the function's own."""

    def write(self, _: str) -> None:
        raise RuntimeError("mine")

    flush = write


@pytest.mark.parametrize("stream", [None, Broken()])
def test_a_line_goes_to_descriptor_2_even_if_the_function_replaced_sys_stderr(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, stream: object
) -> None:
    log_to_operator("hello")
    monkeypatch.setattr("sys.stderr", stream)
    log_to_operator("again, \udcff")
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
    log_to_operator("one")
    log_to_operator("two")
    while len(os.read(reading, 1 << 20)) == 1 << 20:
        pass
    log_to_operator("three")
    log_to_operator("four")
    assert os.read(reading, 1 << 20) == (
        b"surefoot: 2 earlier lines were dropped: no one read them.\n"
        b"surefoot: three\nsurefoot: four\n"
    )


def test_a_closed_standard_error_is_no_error(pipe: tuple[int, int], standard_error: int) -> None:
    os.close(standard_error)
    log_to_operator("into the void")
    os.dup2(pipe[1], standard_error)
    log_to_operator("here")
    assert os.read(pipe[0], 1 << 20).endswith(b"surefoot: here\n")


def test_a_reader_that_left_is_no_error(standard_error: int) -> None:
    reading, writing = os.pipe()
    os.dup2(writing, standard_error)
    os.close(writing)
    os.close(reading)
    log_to_operator("no reader")
    assert operator_log._dropped == 1
    operator_log._dropped = 0


def test_a_long_line_arrives_whole(pipe: tuple[int, int], standard_error: int) -> None:
    reading, writing = pipe
    os.dup2(writing, standard_error)
    received: list[bytes] = []

    def read() -> None:
        while not received or not received[-1].endswith(b"\n"):
            received.append(os.read(reading, 1 << 16))

    reader = threading.Thread(target=read)
    reader.start()
    log_to_operator("x" * 300_000)
    reader.join()
    assert b"".join(received) == b"surefoot: " + b"x" * 300_000 + b"\n"


def test_a_stalled_reader_delays_the_runtime_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def refuse(_: int, __: bytes, seconds: float) -> bool:
        waits.append(seconds)
        return False

    monkeypatch.setattr(operator_log, "write_within", refuse)
    monkeypatch.setattr(operator_log, "_dropped", 0)
    for line in ("one", "two", "three"):
        log_to_operator(line)
    assert waits == [0.25, 0, 0]
    assert operator_log._dropped == 3
