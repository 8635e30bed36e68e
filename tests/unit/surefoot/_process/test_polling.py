"""Writing that never waits for long, on pipes."""

from __future__ import annotations

import fcntl
import os
import posix
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot._process import polling
from surefoot._process.polling import is_writable, write_within

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


class Clock:
    """Goes forward by what was waited for, and by nothing else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writable: int) -> None:
        self.now = 50.0
        self.waits: list[int] = []
        self.written: list[bytes] = []
        self.writable = writable
        monkeypatch.setattr(polling, "monotonic", lambda: self.now)
        monkeypatch.setattr(polling, "poll", lambda: self)
        monkeypatch.setattr(posix, "write", self._write)

    def register(self, descriptor: int, events: int) -> None:
        assert (descriptor, events) == (7, polling.POLLOUT)

    def poll(self, milliseconds: int) -> list[tuple[int, int]]:
        self.waits.append(milliseconds)
        self.now += 3
        return [(7, polling.POLLOUT)] if len(self.waits) <= self.writable else []

    def _write(self, descriptor: int, data: bytes) -> int:
        assert descriptor == 7
        self.written.append(data)
        return len(data)


def test_all_is_written_in_pieces_that_a_writable_pipe_takes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, writable=10)
    data = bytes(range(256)) * 33
    assert write_within(7, data, 5)
    assert [len(each) for each in clock.written] == [4096, 4096, 256]
    assert b"".join(clock.written) == data


def test_each_wait_is_what_is_left_of_the_time_and_never_without_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch, writable=2)
    assert not write_within(7, b"x" * 20_000, 5)
    assert clock.waits == [5000, 2000, 0]
    assert [len(each) for each in clock.written] == [4096, 4096]


def test_a_pipe_without_a_reader_is_given_up_and_keeps_what_was_written(pipe: Pipe) -> None:
    reading, writing = pipe
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 8192)
    assert not write_within(writing, b"x" * (size + 1), 0)
    assert len(os.read(reading, size * 2)) == size


def test_a_descriptor_that_is_closed_or_has_no_reader_raises_nothing(pipe: Pipe) -> None:
    reading, writing = pipe
    os.close(reading)
    assert not write_within(writing, b"x", 0)
    os.close(writing)
    assert not write_within(writing, b"x", 0)
    assert write_within(writing, b"", 0)


def test_a_pipe_is_writable_until_it_is_full(pipe: Pipe) -> None:
    reading, writing = pipe
    assert is_writable(writing)
    os.write(writing, b"x" * fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ))
    assert not is_writable(writing)
    os.read(reading, 1 << 20)
    assert is_writable(writing)


def test_a_broken_descriptor_is_what_poll_says_of_one_without_a_partner(pipe: Pipe) -> None:
    reading, writing = pipe
    os.close(reading)
    waiting = polling.poll()
    waiting.register(writing, 0)
    ((_, events),) = waiting.poll(0)
    assert events & polling.BROKEN
    os.close(writing)
    ((_, events),) = waiting.poll(0)
    assert events & polling.BROKEN


@pytest.mark.parametrize("loaded", [False, True])
def test_a_select_module_of_the_functions_own_is_found_as_without_the_runtime(
    tmp_path: Path, loaded: bool
) -> None:
    """The function's own is on the path before the library's when the runtime starts."""
    (tmp_path / "select.py").write_text("MINE = True\n")
    code = (
        "import sys\n"
        "path = [sys.argv[1], *sys.path]\n"
        f"{'import select; before = select' if loaded else 'before = None'}\n"
        "sys.path[:] = path\n"
        "import surefoot._process.polling\n"
        "assert sys.path == path\n"
        "assert surefoot._process.polling.poll().poll(0) == []\n"
        "assert sys.modules.get('select') is before or 'select' in sys.builtin_module_names\n"
        "import select\n"
        "print(hasattr(select, 'MINE'))\n"
    )
    runtime = str(Path(polling.__file__).parents[2])
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code, str(tmp_path)],
        env={"PYTHONPATH": runtime},
        check=True,
        capture_output=True,
        text=True,
    )
    own = not loaded and "select" not in sys.builtin_module_names
    assert answer.stdout == f"{own}\n"
