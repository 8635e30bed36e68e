from __future__ import annotations

import threading
import time
from functools import partial

import pytest

from vpc_check.probes.thread_pool import Crew

LONG_S = 30.0


def soon() -> float:
    return time.monotonic() + LONG_S


def test_results_come_as_they_are_ready_and_may_bring_more_jobs() -> None:
    got = []
    with Crew[int](3) as crew:
        for number in range(5):
            crew.give(partial(int, number))
        for result in crew.results(soon()):
            got.append(result)
            if result < 5:
                crew.give(partial(int, result + 10))
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

    with Crew[bool](2) as crew:
        for _ in range(8):
            crew.give(job)
        assert list(crew.results(soon())) == [True] * 8


def test_a_job_that_hangs_keeps_nobody() -> None:
    release = threading.Event()
    with Crew[bool](2) as crew:
        crew.give(lambda: release.wait(LONG_S))
        crew.give(lambda: True)
        assert list(crew.results(time.monotonic() + 0.2)) == [True]
    release.set()


def test_threads_end_with_the_crew() -> None:
    ran: list[threading.Thread] = []
    with Crew[None](4) as crew:
        for _ in range(4):
            crew.give(lambda: ran.append(threading.current_thread()))
        list(crew.results(soon()))
    for thread in ran:
        thread.join(LONG_S)
        assert not thread.is_alive()


def test_no_thread_keeps_the_process_from_ending() -> None:
    with Crew[bool](1) as crew:
        crew.give(lambda: threading.current_thread().daemon)
        assert list(crew.results(soon())) == [True]


def test_a_defect_of_a_job_is_raised() -> None:
    with Crew[float](1) as crew:
        crew.give(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            list(crew.results(soon()))


def test_fewer_threads_than_wanted_do_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse_all_but_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_all_but_one)
    with Crew[int](4) as crew:
        for number in range(4):
            crew.give(partial(int, number))
        assert sorted(crew.results(soon())) == [0, 1, 2, 3]


def test_no_thread_at_all_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with Crew[int](4) as crew, pytest.raises(RuntimeError, match="can't start new thread"):
        crew.give(lambda: 1)
