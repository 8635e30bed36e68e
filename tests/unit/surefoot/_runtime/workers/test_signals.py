"""A supervisor's queue of signals, and a worker's output, where nothing is forked or replaced."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import posix
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from surefoot._runtime.workers import log_socket
from surefoot._runtime.workers import signals as module
from surefoot._runtime.workers.signals import Signals, describe

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)


@pytest.fixture
def queue() -> Iterator[Signals]:
    """A queue without the handlers, on a pipe of its own."""
    queue = object.__new__(Signals)
    queue._reading, queue._writing = os.pipe2(os.O_NONBLOCK)
    yield queue
    for descriptor in (queue._reading, queue._writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


class Poll:
    """Keeps for how long it was asked, and finds something to read, or nothing."""

    def __init__(self, found: bool) -> None:
        self.found = found
        self.limits: list[int | None] = []

    def register(self, *_: int) -> None: ...

    def poll(self, limit: int | None) -> list[int]:
        self.limits.append(limit)
        return [1] if self.found else []


def test_a_wait_is_no_shorter_than_it_says(queue: Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    poll = Poll(found=False)
    monkeypatch.setattr(module, "poll", lambda: poll)
    os.write(queue._writing, bytes([15]))
    assert [queue.wait(2.5), queue.wait(None), queue.wait(0)] == [[], [], []]
    assert poll.limits == [2501, None, 1]


def test_a_signal_that_someone_else_took_is_none(
    queue: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "poll", lambda: Poll(found=True))
    assert queue.wait(None) == []
    os.write(queue._writing, bytes([15, 2]))
    assert queue.wait(None) == [15, 2]


@pytest.mark.parametrize("outcome", [0, 7, OSError("none left")])
def test_signals_are_blocked_while_it_forks_and_only_the_child_leaves_the_queue(
    queue: Signals, monkeypatch: pytest.MonkeyPatch, outcome: int | OSError
) -> None:
    calls: list[object] = []

    def fork() -> int:
        calls.append("fork")
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    monkeypatch.setattr(_signal, "pthread_sigmask", lambda *seen: calls.append(seen))
    monkeypatch.setattr(posix, "fork", fork)
    monkeypatch.setattr(queue, "_leave", lambda: calls.append("leave"))
    if isinstance(outcome, OSError):
        with pytest.raises(OSError, match="none left"):
            queue.fork()
    else:
        assert queue.fork() == outcome
    middle = ["fork", "leave"] if outcome == 0 else ["fork"]
    assert calls == [(signal.SIG_BLOCK, WATCHED), *middle, (signal.SIG_UNBLOCK, WATCHED)]


def test_a_worker_keeps_the_functions_handlers_and_ignores_what_is_for_the_group(
    queue: Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def own(*_: object) -> None: ...

    given: dict[int, object] = {}
    wakeups: list[int] = []
    monkeypatch.setattr(_signal, "signal", given.__setitem__)
    monkeypatch.setattr(_signal, "set_wakeup_fd", wakeups.append)
    defaults: dict[int, Callable[..., object] | object] = {
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGINT: signal.default_int_handler,
        signal.SIGCHLD: signal.SIG_DFL,
    }
    queue._before = dict(defaults)
    queue._leave()
    assert given == {
        signal.SIGTERM: module._record,
        signal.SIGINT: module._record,
        signal.SIGCHLD: signal.SIG_DFL,
    }
    assert wakeups == [-1]
    for descriptor in (queue._reading, queue._writing):
        with pytest.raises(OSError):
            os.fstat(descriptor)
    given.clear()
    queue._reading, queue._writing = os.pipe()
    # One that C code has set is None, and stays.
    queue._before = {signal.SIGTERM: own, signal.SIGINT: signal.SIG_IGN, signal.SIGCHLD: None}
    queue._leave()
    assert given == {signal.SIGTERM: own, signal.SIGINT: signal.SIG_IGN}


def test_a_signal_is_described_by_number_and_meaning() -> None:
    assert describe(9) == "signal 9 (Killed)"


@pytest.fixture
def duplicates(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    numbers: list[int] = []
    monkeypatch.setattr(posix, "dup2", lambda _, number: numbers.append(number))
    return numbers


def test_stdout_and_stderr_get_a_connection_each(tmp_path: Path, duplicates: list[int]) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.bind(str(tmp_path / "log"))
        channel.listen()
        log_socket.redirect(str(tmp_path / "log"))
        assert duplicates == [1, 2]
        for _ in duplicates:
            connection, _ = channel.accept()
            with connection:
                # What was duplicated is closed.
                assert connection.recv(1) == b""


def test_a_log_channel_that_is_not_there_is_named_and_the_worker_goes_on(
    tmp_path: Path, duplicates: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(log_socket, "log_to_operator", said.append)
    log_socket.redirect(str(tmp_path / "none"))
    (line,) = said
    assert line.startswith(f"cannot connect to the log channel {tmp_path}/none (No such file")
    assert duplicates == []


def test_a_full_queue_of_signals_is_no_reason_to_print(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []
    monkeypatch.setattr(_signal, "set_wakeup_fd", lambda *_, **seen: given.append(seen))
    monkeypatch.setattr(_signal, "signal", lambda number, _: number)
    queue = Signals()
    assert given == [{"warn_on_full_buffer": False}]
    assert queue._before == {number: number for number in WATCHED}
    os.close(queue._reading)
    os.close(queue._writing)
