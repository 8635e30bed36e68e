"""A scripted Lambda Runtime API on loopback that records every request byte for byte."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable

from tests.support.connection import Connection, GoneError
from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED, INVALID_STATE, UNKNOWN, Ending, Reply, reply
from tests.support.request import Request, State
from tests.support.route import Route


class Then(enum.Enum):
    """What /next does when the script is used up."""

    PARK = "wait until the test delivers more or hangs up"
    HANG_UP = "the sandbox is gone: every connection and the listener close"


class RuntimeApi:
    """The server; a context manager. `requests` is everything that came, in order of arrival.

    Any number of clients and connections may poll at once; each invocation is delivered once.
    """

    def __init__(
        self,
        script: Iterable[Invocation] = (),
        *,
        then: Then = Then.PARK,
        init_answer: Reply = ACCEPTED,
        restore: Reply | None = None,
        restore_answer: Reply = ACCEPTED,
    ) -> None:
        self.requests: list[Request] = []
        self._script = deque(script)
        self._then = then
        self._fixed = {
            Route.INIT_ERROR: init_answer,
            Route.RESTORE_NEXT: restore or reply(200),
            Route.RESTORE_ERROR: restore_answer,
            Route.UNKNOWN: UNKNOWN,
        }
        self._answers: dict[str, deque[Reply]] = {}
        self._changed = threading.Condition()
        self._connections: list[Connection] = []
        self._gone = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname())
        """host:port, the value for AWS_LAMBDA_RUNTIME_API."""

    def __enter__(self) -> RuntimeApi:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()

    def deliver(self, *invocations: Invocation) -> None:
        """Add to the script; a parked /next gets the first at once."""
        with self._changed:
            self._script.extend(invocations)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """The sandbox goes away: close every connection and refuse new ones."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()
            connections = list(self._connections)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in connections:
            connection.close()

    def wait_until(self, condition: Callable[[], bool], deadline: float = DEADLINE) -> None:
        """Wait for `condition`, checked at each part that arrives, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(condition, deadline):
                seen = ", ".join(f"{each.line!r} ({each.state.value})" for each in self.requests)
                raise TimeoutError(f"not within {deadline} seconds; so far: {seen or 'nothing'}")

    def wait_for(self, count: int, *routes: Route, deadline: float = DEADLINE) -> list[Request]:
        """Wait for `count` complete requests (of these routes, if any are named); return them."""
        self.wait_until(lambda: len(self.complete(*routes)) >= count, deadline)
        return self.complete(*routes)

    def complete(self, *routes: Route) -> list[Request]:
        """The complete requests so far, of these routes if any are named."""
        done = [each for each in self.requests if each.state is State.COMPLETE]
        return [each for each in done if not routes or each.route in routes]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                with self._changed:
                    connection = Connection(sock, len(self._connections))
                    self._connections.append(connection)
                    if self._gone:
                        connection.close()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with contextlib.suppress(OSError):
            while self._exchange(connection):
                pass
        connection.close()

    def _exchange(self, connection: Connection) -> bool:
        """One request and its reply; False when the connection is at its end."""
        head = connection.read_head()
        if head is None:
            return False
        with self._changed:
            request = Request(len(self.requests), connection.number, head)
            self.requests.append(request)
        try:
            return self._answer(connection, request)
        except (GoneError, OSError, ValueError):
            if request.state is State.ARRIVING:
                self._mark(request, State.BROKEN)
            raise OSError("the client is gone") from None

    def _answer(self, connection: Connection, request: Request) -> bool:
        if request.route is Route.NEXT:
            # Recorded before it parks: a test waits for the poll, not for its answer.
            self._mark(request, State.COMPLETE)
            answer = self._next(connection)
            if answer is None:
                return False
        else:
            answer = self._answer_to(request)
        connection.wait_before_reading(answer.reading)
        complete = connection.read_body(request, answer.after, self._notify)
        if complete:
            self._mark(request, State.COMPLETE)
        connection.send(answer)
        if answer.ending is Ending.RESET:
            connection.close(Ending.RESET)
            return False
        if not complete:
            if answer.ending is Ending.CLOSE:
                connection.stop_sending()
            connection.read_body(request, None, self._notify)
            self._mark(request, State.COMPLETE)
        return answer.ending is Ending.KEEP

    def _next(self, connection: Connection) -> Reply | None:
        with self._changed:
            if not self._script and self._then is Then.HANG_UP:
                self._gone = True
            self._changed.wait_for(lambda: self._script or self._gone)
            if not self._gone:
                if connection.is_at_end():
                    raise GoneError  # or a client that died while parked swallows it
                invocation = self._script.popleft()
                self._answers[invocation.request_id] = deque(invocation.answers)
                return invocation.reply
        self.hang_up()
        return None

    def _answer_to(self, request: Request) -> Reply:
        if request.route in self._fixed:
            return self._fixed[request.route]
        with self._changed:
            waiting = self._answers.get(request.request_id)
            return waiting.popleft() if waiting else INVALID_STATE

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _mark(self, request: Request, state: State) -> None:
        with self._changed:
            request.state = state
            self._changed.notify_all()
