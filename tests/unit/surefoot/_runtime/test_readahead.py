"""Reading ahead: what is touched, in which order, and that nothing about a record can hurt."""

from __future__ import annotations

import os
import posix
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from surefoot._runtime import readahead
from surefoot._runtime.readahead import PIECE, read_ahead, start

WAIT = 30.0


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What is asked of the kernel, files by their paths; and it is asked indeed."""
    asked: list[tuple[Any, ...]] = []
    paths: dict[int, bytes] = {}

    def opened(path: bytes, flags: int) -> int:
        descriptor = posix.open(path, flags)
        paths[descriptor] = path
        return descriptor

    def advised(descriptor: int, offset: int, length: int, advice: int) -> None:
        posix.posix_fadvise(descriptor, offset, length, advice)
        asked.append((paths[descriptor], offset, length, advice))

    def looked_up(path: bytes, mode: int) -> bool:
        asked.append((path,))
        return posix.access(path, mode)

    kernel = {**vars(posix), "open": opened, "posix_fadvise": advised, "access": looked_up}
    monkeypatch.setattr(readahead, "posix", types.SimpleNamespace(**kernel))
    return asked


@pytest.fixture
def file(tmp_path: Path) -> bytes:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3)
    return bytes(path)


def test_a_path_alone_is_read_from_its_start(calls: list[Any], file: bytes) -> None:
    read_ahead([file])
    assert calls == [(file, 0, PIECE, os.POSIX_FADV_WILLNEED)]


def test_of_a_path_with_pieces_just_these_are_read(calls: list[Any], file: bytes) -> None:
    read_ahead([file + b"\t3 17"])
    assert [offset for _, offset, _, _ in calls] == [3 * PIECE, 17 * PIECE]


def test_in_a_folder_a_name_is_looked_up(calls: list[Any], tmp_path: Path) -> None:
    read_ahead([bytes(tmp_path) + b"/"])
    assert calls == [(bytes(tmp_path) + b"/?",)]


def test_lines_are_taken_from_the_end(calls: list[Any], tmp_path: Path) -> None:
    lines = [bytes(tmp_path / name) + b"/" for name in "abc"]
    read_ahead(lines)
    assert calls == [(bytes(tmp_path / name) + b"/?",) for name in "cba"]
    assert lines == []


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"/nowhere/at/all",
        b"/nowhere/",
        b"relative",
        b"nul\0",
        b"/\tx",
        b"\t\t",
        b"/dev/null\t-1",
        b"/dev/null\t99999999999999999999",
        b"\xff",
    ],
)
def test_a_line_that_makes_no_sense_is_passed_over(
    calls: list[Any], file: bytes, line: bytes
) -> None:
    read_ahead([file, line])
    assert (file, 0, PIECE, os.POSIX_FADV_WILLNEED) in calls


def test_descriptors_are_closed_again(file: bytes) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    read_ahead([file] * 50 + [file + b"\tx"] * 50)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_pipe_does_not_stop_it(calls: list[Any], file: bytes, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read_ahead([file, bytes(tmp_path / "pipe")])
    assert [path for path, *_ in calls] == [file]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> list[Callable[..., None]]:
    """The threads that are started, which do nothing before the test runs them."""
    import _thread

    started: list[Callable[..., None]] = []

    def begin(function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        started.append(lambda: function(*arguments))

    monkeypatch.setattr(_thread, "start_new_thread", begin)
    return started


def test_threads_share_the_lines_in_the_order_of_the_record(
    calls: list[Any], workers: list[Callable[[], None]], tmp_path: Path
) -> None:
    record = tmp_path / "record"
    record.write_bytes(b"".join(b"/no/%d/\n" % number for number in range(100)))
    start(str(record), at_once_ns=0)
    assert 1 < len(workers) <= 32
    for work in workers:
        work()
    assert calls == [(b"/no/%d/?" % number,) for number in range(100)]


def test_a_record_that_is_in_memory_needs_no_reading_ahead(
    workers: list[Callable[[], None]], tmp_path: Path
) -> None:
    (tmp_path / "record").write_bytes(b"/no/\n")
    start(str(tmp_path / "record"), at_once_ns=10**12)
    assert workers == []


@pytest.mark.parametrize("name", ["none", "folder"])
def test_without_a_record_nothing_happens(
    workers: list[Callable[[], None]], tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    start(str(tmp_path / name), at_once_ns=0)
    assert workers == []


def test_no_more_threads_is_no_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import _thread

    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    (tmp_path / "record").write_bytes(b"/no/\n")
    start(str(tmp_path / "record"), at_once_ns=0)


def test_real_threads_come_to_their_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ends = threading.Semaphore(0)

    def work(lines: list[bytes]) -> None:
        read_ahead(lines)
        ends.release()

    monkeypatch.setattr(readahead, "read_ahead", work)
    (tmp_path / "record").write_bytes(bytes(tmp_path / "record") + b"\n")
    start(str(tmp_path / "record"), at_once_ns=0)
    assert ends.acquire(timeout=WAIT)
