"""A worker: the ordinary loop in a process of its own, on a connection of its own."""

import sys
import time

from ..._payload.marshaller import Marshaller
from ..._process.operator_log import log_to_operator
from ..._process.ownership import is_owner
from ..._runtime_api.client import Client
from ..._runtime_api.invocation import real_deadline
from ..._runtime_api.transport import Connection
from ...errors import EXIT_INIT, ContainerError, RuntimeStop
from .shared_state import ANSWERED, ENDED, IDLE, REFUSED, Board
from .shutdown_pipe import Drained, Lifeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

    from ..._runtime_api.error_report import Report
    from ..._runtime_api.http1 import Reply
    from ..._runtime_api.invocation import Invocation
    from ..._runtime_api.streaming import Stream
    from ..config import Config

# How often and after how many seconds invocation/next is asked again, as awslambdaric does it.
_ATTEMPTS = 5
_FIRST_DELAY = 0.1
_LAST_DELAY = 0.8


class WorkerConnection(Connection):
    """A connection whose wait for an invocation ends when the worker is to end."""

    def __init__(self, config: "Config", slot: int, board: Board, lifeline: Lifeline) -> None:
        super().__init__(config.host, config.port)
        self.slot = slot
        self.board = board
        self.lifeline = lifeline
        self.polling = False

    def _send(self, connection: "_socket.socket", head: bytes, body: bytes) -> "Reply | None":
        if not self.polling:
            return super()._send(connection, head, body)
        # An invocation that was never asked for is never lost, so look before asking.
        self.lifeline.pause(0)
        reply = super()._send(connection, head, body)
        if reply is None and not self.lifeline.wait(connection, _LAST_DELAY):
            # No refusal takes so long: it has a place.
            self.board.enter(self.slot, IDLE)
            self.lifeline.wait(connection)
        return reply


class WorkerClient(Client):
    """A client whose troubles stay its own: the other workers have invocations in hand.

    Of a process that the function forks it does nothing: neither board, token nor connection are
    that process's.
    """

    def __init__(self, config: "Config", slot: int, board: Board, lifeline: Lifeline) -> None:
        self.line = WorkerConnection(config, slot, board, lifeline)
        super().__init__(self.line, Marshaller(config.ensure_ascii), log_to_operator)
        self.slot = slot
        self.board = board

    def next(self) -> "Invocation":
        """Wait for the next invocation; ask again for a while when the Runtime API has none.

        :raises RuntimeStop: as Client.next(), after five attempts. After a container error the
            attempts go on as long as other workers are served: then it is about this place only
        :raises Drained: the worker is to end
        """
        _leave_child()
        delay = _FIRST_DELAY
        attempts = 1
        self.board.enter(self.slot, IDLE)
        while True:
            try:
                invocation = self._poll()
            except RuntimeStop as stop:
                self.board.enter(self.slot, REFUSED)
                if attempts >= _ATTEMPTS and not (
                    isinstance(stop, ContainerError) and self.board.others_are_served(self.slot)
                ):
                    raise
                if attempts == 1:
                    log_to_operator(f"{stop} Worker {self.slot + 1} asks again.")
            else:
                self.board.take(self.slot, invocation.request_id, invocation.invocation_id)
                invocation.deadline_ms = real_deadline(invocation.deadline_ms, time.time() * 1000)
                return invocation
            self.line.lifeline.pause(delay)
            delay = min(delay * 2, _LAST_DELAY)
            attempts += 1

    def _poll(self) -> "Invocation":
        self.line.polling = True
        try:
            return super().next()
        finally:
            self.line.polling = False

    def respond(self, invocation: "Invocation", body: bytes, content_type: str) -> None:
        """Answer an invocation; an answer that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().respond(invocation, body, content_type)
        except RuntimeStop as stop:
            _go_on(stop)
        self.board.enter(self.slot, ANSWERED)

    def fail(self, invocation: "Invocation", report: "Report") -> None:
        """Report a failure; a report that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().fail(invocation, report)
        except RuntimeStop as stop:
            _go_on(stop)
        self.board.enter(self.slot, ANSWERED)

    def stream(
        self,
        invocation: "Invocation",
        stream: "Stream",
        failed: "Callable[[BaseException], Report]",
    ) -> None:
        """Stream an answer; one that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().stream(invocation, stream, failed)
        except RuntimeStop as stop:
            _go_on(stop)
        self.board.enter(self.slot, ANSWERED)

    def init_error(self, report: "Report") -> None:
        """Report that the function could not be loaded, if no other worker has."""
        _leave_child()
        self.board.enter(self.slot, ENDED)
        if self.line.lifeline.take_token():
            super().init_error(report)


def _leave_child() -> None:
    """Let only the worker itself pass: the board and the token are not for its children."""
    if not is_owner():
        sys.exit(0)


def _go_on(stop: RuntimeStop) -> None:
    log_to_operator(f"{stop} The worker goes on.")


class Worker:
    """What a process needs to be a worker in ``slot``."""

    def __init__(self, config: "Config", slot: int, board: Board, lifeline: Lifeline) -> None:
        self.config = config
        self.slot = slot
        self.board = board
        self.lifeline = lifeline
        self.exit_code = EXIT_INIT

    def run(self, work: "Callable[[Client], None]") -> int:
        """Serve until the supervisor or the sandbox ends it; return the exit code.

        :raises RuntimeStop: the sandbox is gone, broken or not a Runtime API
        """
        if self.config.provider_socket:
            from .log_socket import redirect

            redirect(self.config.provider_socket)
        try:
            work(WorkerClient(self.config, self.slot, self.board, self.lifeline))
        except RuntimeStop as stop:
            self.exit_code = stop.exit_code
            if is_owner():
                self.board.enter(self.slot, ENDED)
            raise
        except Drained:
            pass
        return 0

    def first_word(self) -> bool:
        """Return whether no other worker has told yet why all of them end."""
        return not is_owner() or self.lifeline.take_token()


class Forked(BaseException):
    """Raised in a new process to leave the supervisor's frames: it is ``worker`` from here on."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
