"""A bounded number of threads that work off jobs, some of which may never end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
Job = Callable[[], T]


class DaemonThreadPool(Generic[T]):
    """Jobs go in by `submit`, at any time; what they return comes out of `results`, as it comes.

    The threads are daemons: one that hangs in the resolver of the C library, which knows no
    deadline, keeps neither the caller nor the process waiting. They end when the pool is left, or
    when their job does.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._jobs: SimpleQueue[Job[T] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[T] | BaseException] = SimpleQueue()
        self._threads = 0
        self._pending = 0

    def __enter__(self) -> DaemonThreadPool[T]:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in range(self._threads):
            self._jobs.put(None)

    def submit(self, job: Job[T]) -> None:
        """Have a job done. Raises RuntimeError when not even one thread can be started."""
        self._pending += 1
        self._jobs.put(job)
        if self._threads < min(self._width, self._pending):
            self._start_thread()

    def results(self, until: float) -> Iterator[T]:
        """Yield results until nothing is pending, or it is `until` of time.monotonic().

        An exception of a job is a defect of the job, and raised here.
        """
        while self._pending:
            try:
                done = self._done.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                return
            self._pending -= 1
            if isinstance(done, BaseException):
                raise done
            yield done[0]

    def _start_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="vpc_check-probe", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the limit of processes; those that there are do it
            if not self._threads:
                raise
        else:
            self._threads += 1

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._done.put((job(),))
            except BaseException as error:
                self._done.put(error)
