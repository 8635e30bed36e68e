"""Several calls at a time: a pool of threads that hands out results as they come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol


class Pool(Protocol):
    """Runs calls; a simulation has a pool of its own, without threads."""

    @property
    def pending(self) -> int:
        """How many calls have no result yet, or one that was not taken."""

    def submit(self, key: Any, call: Callable[[], Any]) -> None:
        """Begin a call."""

    def next(self) -> tuple[Any, Any]:
        """Wait for a call to end; return its key, and its result or the exception it raised."""

    def close(self) -> None:
        """Forget what is under way."""


class ThreadPool:
    """A pool of threads. They end with their calls, which have time-outs."""

    def __init__(self, size: int) -> None:
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="aws")
        self._keys: dict[Future[Any], Any] = {}

    @property
    def pending(self) -> int:
        """How many calls are not taken yet."""
        return len(self._keys)

    def submit(self, key: Any, call: Callable[[], Any]) -> None:
        """Begin a call, or queue it while all threads are busy."""
        self._keys[self._executor.submit(call)] = key

    def next(self) -> tuple[Any, Any]:
        """Return the next result. Raises what is not an Exception, such as SystemExit."""
        done, _ = wait(self._keys, return_when=FIRST_COMPLETED)
        future = done.pop()
        key, error = self._keys.pop(future), future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        return key, error if error is not None else future.result()

    def close(self) -> None:
        """Forget what is under way, without waiting for it."""
        self._executor.shutdown(wait=False, cancel_futures=True)
