"""The streams: everything is written at once, into a full pipe that does not block, too."""

from __future__ import annotations

import io
import os
import threading

import pytest

from surefoot._runtime.logs import streams
from surefoot._runtime.logs.streams import UnbufferedWriter


@pytest.mark.parametrize("size", [1, 70_000, 1_000_000])
@pytest.mark.parametrize("filled", [0, 60_000, 65_536])
def test_a_pipe_that_a_child_made_non_blocking_gets_everything(size: int, filled: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"-" * filled)
    os.set_blocking(writing, False)
    writer = UnbufferedWriter(io.FileIO(writing, "w"))
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    counts: list[int] = []
    thread = threading.Thread(target=lambda: counts.append(writer.write(data)))
    thread.start()
    received = b""
    while len(received) < filled + size:
        received += os.read(reading, 65_536)
    thread.join()
    writer.close()
    os.close(reading)
    assert received == b"-" * filled + data
    assert counts == [size]


def test_what_is_no_bytes_is_counted_in_bytes() -> None:
    reading, writing = os.pipe()
    writer = UnbufferedWriter(io.FileIO(writing, "w"))
    assert writer.write(memoryview(b"12345678").cast("I")) == 8
    assert os.read(reading, 100) == b"12345678"
    writer.close()
    os.close(reading)


def test_streams_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    other = io.StringIO()
    monkeypatch.setattr("sys.stdout", other)
    monkeypatch.setattr("sys.stderr", None)
    streams.replace_streams()
    import sys

    assert (sys.stdout, sys.stderr) == (other, None)
