"""The places of SUREFOOT_ASYNC_CONCURRENCY: each asks the Runtime API for one invocation at a time.

A place is a thread with a connection of its own. What the Runtime API refuses one place is about
that place alone. When the end begins, no place asks again and those that wait stop waiting.
"""

import os
import select
import threading

from ..._process.operator_log import log_to_operator
from ..._runtime_api.client import LAST_DELAY
from ..._runtime_api.transport import Connection
from ...errors import FatalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket

    from ..._runtime_api.client import Client
    from ..._runtime_api.http1 import Reply
    from ..._runtime_api.invocation import Invocation

_IDLE, _REFUSED, _BUSY, _GONE = range(4)


class Ended(Exception):
    """The end has begun, and this place has no invocation."""


class Places:
    """What the places share: their states, the end and its reason."""

    def __init__(self, count: int) -> None:
        self.reason: BaseException = Ended()
        self._states = [_IDLE] * count
        self._connections: dict[int, PlaceConnection] = {}
        self._lock = threading.Lock()
        # Written to and never read, so that it wakes all places; not closed, because a child that a
        # handler forks would keep it open.
        self._wakes, self._wake = os.pipe()

    def end(self, reason: BaseException) -> None:
        """Begin the end: no place takes another invocation. The first reason counts."""
        with self._lock:
            if isinstance(self.reason, Ended):
                self.reason = reason
                os.write(self._wake, b"!")

    def leave(self, place: int, reason: BaseException) -> bool:
        """Note that a place has ended; return whether it was the last one."""
        with self._lock:
            served = self._any_other_served(place)
            self._states[place] = _GONE
            if isinstance(self.reason, Ended) and not served:
                self.reason = reason
            last = all(state == _GONE for state in self._states)
        if served and not isinstance(reason, Ended):
            text = str(reason) if isinstance(reason, FatalError) else f"{reason!r}."
            log_to_operator(
                f"{text} Place {place + 1} of {len(self._states)} gives up; the others go on."
            )
        return last

    def any_other_served(self, place: int) -> bool:
        """Return whether the Runtime API deals with any place but this one."""
        with self._lock:
            return self._any_other_served(place)

    def _any_other_served(self, place: int) -> bool:
        return any(
            state in (_IDLE, _BUSY) for other, state in enumerate(self._states) if other != place
        )

    def attach(self, place: int, client: "Client") -> None:
        """Give a place's client a connection that ends its wait when the end begins."""
        old = client.connection
        self._connections[place] = PlaceConnection(old.host, old.port, place, self)
        client.connection = self._connections[place]
        old.close()

    def ask(self, place: int, client: "Client") -> "Invocation":
        """Wait for one invocation.

        :raises FatalError: as Client.next()
        :raises Ended: the end has begun
        """
        connection = self._connections[place]
        connection.polling = True
        try:
            invocation = client.next()
        except FatalError:
            self.set_state(place, _REFUSED)
            raise
        finally:
            connection.polling = False
        self.set_state(place, _BUSY)
        return invocation

    def is_idle(self, place: int) -> None:
        """Note that a place is ready for an invocation."""
        self.set_state(place, _IDLE)

    def set_state(self, place: int, state: int) -> None:
        """Note a place's state."""
        with self._lock:
            self._states[place] = state

    def wait(self, connection: "_socket.socket", seconds: float | None = None) -> bool:
        """Wait until the connection has something to read; False after so many seconds.

        :raises Ended: it has nothing, and the end has begun
        """
        poll = select.poll()
        poll.register(self._wakes, select.POLLIN)
        poll.register(connection.fileno(), select.POLLIN)
        ready = [each for each, _ in poll.poll(None if seconds is None else int(seconds * 1000))]
        # An invocation that is here already is served: no other place would get it.
        if self._wakes in ready and connection.fileno() not in ready:
            raise Ended
        return bool(ready)

    def pause(self, seconds: float) -> None:
        """Wait for some time.

        :raises Ended: the end has begun
        """
        poll = select.poll()
        poll.register(self._wakes, select.POLLIN)
        if poll.poll(int(seconds * 1000)):
            raise Ended


class PlaceConnection(Connection):
    """A connection whose wait for an invocation ends when the end begins."""

    def __init__(self, host: str, port: int, place: int, places: Places) -> None:
        super().__init__(host, port)
        self.place = place
        self.places = places
        self.polling = False

    def _send(self, connection: "_socket.socket", head: bytes, body: bytes) -> "Reply | None":
        if not self.polling:
            return super()._send(connection, head, body)
        # An invocation that was never asked for is never lost, so look before asking.
        self.places.pause(0)
        reply = super()._send(connection, head, body)
        if reply is None and not self.places.wait(connection, LAST_DELAY):
            # No refusal takes so long: the place is parked.
            self.places.is_idle(self.place)
            self.places.wait(connection)
        return reply
