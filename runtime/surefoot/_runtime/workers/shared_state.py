"""The status of each worker, in memory that workers and supervisor share.

A worker writes only its own slot. The supervisor reads a slot when its worker has died, so nothing
needs a lock; workers read of one another a single byte.
"""

import mmap

# States of a worker, in the order of its life. INIT: it loads the function. IDLE: parked in
# invocation/next. BUSY: it has an invocation. ANSWERED: that has its answer. REFUSED: the Runtime
# API gave it none, it asks again. ENDED: it reported why and is about to exit; its exit code is one
# of errors' EXIT codes.
INIT, IDLE, BUSY, ANSWERED, REFUSED, ENDED = range(6)

# With room for a request id, which is the caller's text in AWS's emulator.
_SLOT = 4096
_SERVED = frozenset((IDLE, BUSY, ANSWERED))
_STATE = 0
_DONE = slice(1, 9)
_LENGTH = slice(9, 11)
_TEXT = 11


class SharedState:
    """One slot for each worker, numbered from 0. Lives as long as a process holds it."""

    def __init__(self, count: int) -> None:
        self.count = count
        # Anonymous and shared: inherited by fork, and not bound to /dev/shm, which Lambda lacks.
        # The last byte is 1 once a worker has been ready.
        self._memory = mmap.mmap(-1, count * _SLOT + 1)

    def state(self, slot: int) -> int:
        """Return the state of a worker."""
        return self._memory[slot * _SLOT + _STATE]

    def set_state(self, slot: int, state: int) -> None:
        """Note that a worker changed to a state other than BUSY."""
        if self.state(slot) == BUSY and state in (ANSWERED, IDLE):
            self._put(slot, _DONE, self._get(slot, _DONE) + 1)
        self._memory[slot * _SLOT + _STATE] = state
        if state == IDLE:
            self._memory[-1] = 1

    def set_invocation(self, slot: int, request_id: str, invocation_id: "str | None") -> None:
        """Note that a worker got an invocation. One with an endless id goes without a name."""
        text = f"{request_id}\n{invocation_id or ''}".encode("utf-8", "surrogateescape")
        if len(text) > _SLOT - _TEXT:
            text = b""
        start = slot * _SLOT + _TEXT
        self._memory[start : start + len(text)] = text
        self._put(slot, _LENGTH, len(text))
        self._memory[slot * _SLOT + _STATE] = BUSY

    def current_invocation(self, slot: int) -> "tuple[str, str] | None":
        """Return request id and invocation id of what a worker is busy with, if it is."""
        length = self._get(slot, _LENGTH)
        if self.state(slot) != BUSY or not length:
            return None
        start = slot * _SLOT + _TEXT
        text = str(self._memory[start : start + length], "utf-8", "surrogateescape")
        request_id, _, invocation_id = text.partition("\n")
        return request_id, invocation_id

    def done(self) -> int:
        """Return how many invocations all workers together have finished."""
        return sum(self._get(slot, _DONE) for slot in range(self.count))

    def was_ready(self) -> bool:
        """Return whether any worker ever came as far as asking for an invocation."""
        return bool(self._memory[-1])

    def any_other_served(self, slot: int) -> bool:
        """Return whether the Runtime API deals with any worker but this one."""
        return any(self.state(each) in _SERVED for each in range(self.count) if each != slot)

    def _get(self, slot: int, field: slice) -> int:
        base = slot * _SLOT
        return int.from_bytes(self._memory[base + field.start : base + field.stop], "little")

    def _put(self, slot: int, field: slice, value: int) -> None:
        base = slot * _SLOT
        data = value.to_bytes(field.stop - field.start, "little")
        self._memory[base + field.start : base + field.stop] = data
