from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from vpc_check.probes.thread_pool import DaemonThreadPool

LONG_S = 30.0


def soon() -> float:
    return time.monotonic() + LONG_S


def test_results_come_as_they_are_ready_and_may_bring_more_jobs() -> None:
    got = []
    with DaemonThreadPool[int](3) as pool:
        for number in range(5):
            pool.submit(partial(int, number))
        for result in pool.results(soon()):
            got.append(result)
            if result < 5:
                pool.submit(partial(int, result + 10))
    assert sorted(got) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]


def test_no_more_threads_than_its_width() -> None:
    """Two jobs meet; a third is never beside them."""
    together = threading.Barrier(2)
    inside = threading.Semaphore(2)

    def job() -> bool:
        free = inside.acquire(blocking=False)
        together.wait(LONG_S)
        inside.release()
        return free

    with DaemonThreadPool[bool](2) as pool:
        for _ in range(8):
            pool.submit(job)
        assert list(pool.results(soon())) == [True] * 8


def test_a_job_that_hangs_does_not_delay_the_others() -> None:
    release = threading.Event()
    with DaemonThreadPool[bool](2) as pool:
        pool.submit(lambda: release.wait(LONG_S))
        pool.submit(lambda: True)
        assert next(pool.results(soon())) is True
        assert list(pool.results(time.monotonic())) == []
    release.set()


def test_threads_end_with_the_pool() -> None:
    ran: list[threading.Thread] = []
    with DaemonThreadPool[None](4) as pool:
        for _ in range(4):
            pool.submit(lambda: ran.append(threading.current_thread()))
        list(pool.results(soon()))
    for thread in ran:
        thread.join(LONG_S)
        assert not thread.is_alive()


def test_no_thread_keeps_the_process_from_ending() -> None:
    with DaemonThreadPool[bool](1) as pool:
        pool.submit(lambda: threading.current_thread().daemon)
        assert list(pool.results(soon())) == [True]


def test_a_defect_of_a_job_is_raised() -> None:
    with DaemonThreadPool[float](1) as pool:
        pool.submit(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(pool.results(soon()))


def test_fewer_threads_than_wanted_do_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse_all_but_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_all_but_one)
    with DaemonThreadPool[int](4) as pool:
        for number in range(4):
            pool.submit(partial(int, number))
        assert sorted(pool.results(soon())) == [0, 1, 2, 3]


def test_no_thread_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with (
        DaemonThreadPool[int](4) as pool,
        pytest.raises(RuntimeError, match="can't start new thread"),
    ):
        pool.submit(lambda: 1)
