"""A worker: the ordinary loop in a process of its own, on a connection of its own."""

import sys
import time

from ..._payload.marshaller import Marshaller
from ..._process.operator_log import log_to_operator
from ..._process.ownership import is_owner
from ..._runtime_api.client import FIRST_DELAY, LAST_DELAY, MAX_ATTEMPTS, Client
from ..._runtime_api.invocation import correct_rie_deadline
from ..._runtime_api.transport import Connection
from ...errors import EXIT_INIT, ContainerError, FatalError
from .shared_state import ANSWERED, ENDED, IDLE, REFUSED, SharedState
from .shutdown_pipe import Drained, ShutdownPipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable

    from ..._runtime_api.error_report import Report
    from ..._runtime_api.http1 import Reply
    from ..._runtime_api.invocation import Invocation
    from ..._runtime_api.streamed_answer import StreamedAnswer
    from ..._runtime_api.streaming import Stream
    from ..config import Config


class WorkerConnection(Connection):
    """A connection whose wait for an invocation ends when the worker is to end."""

    def __init__(
        self, config: "Config", slot: int, shared_state: SharedState, shutdown_pipe: ShutdownPipe
    ) -> None:
        super().__init__(config.host, config.port)
        self.slot = slot
        self.shared_state = shared_state
        self.shutdown_pipe = shutdown_pipe
        self.polling = False

    def _send(self, connection: "_socket.socket", head: bytes, body: bytes) -> "Reply | None":
        if not self.polling:
            return super()._send(connection, head, body)
        # An invocation that was never asked for is never lost, so look before asking.
        self.shutdown_pipe.pause(0)
        reply = super()._send(connection, head, body)
        if reply is None and not self.shutdown_pipe.wait(connection, LAST_DELAY):
            # No refusal takes so long: it has a place.
            self.shared_state.set_state(self.slot, IDLE)
            self.shutdown_pipe.wait(connection)
        return reply


class WorkerClient(Client):
    """A client whose failures end no other worker: those have invocations of their own.

    In a process that the function forks it does nothing: the shared state, the token and the
    connection belong to the worker.
    """

    def __init__(
        self, config: "Config", slot: int, shared_state: SharedState, shutdown_pipe: ShutdownPipe
    ) -> None:
        self.worker_connection = WorkerConnection(config, slot, shared_state, shutdown_pipe)
        super().__init__(self.worker_connection, Marshaller(config.ensure_ascii), log_to_operator)
        self.slot = slot
        self.shared_state = shared_state

    def next(self) -> "Invocation":
        """Wait for the next invocation; ask again for a while when the Runtime API has none.

        :raises FatalError: as Client.next(), after five attempts. After a container error the
            attempts go on as long as other workers are served: then it is about this place only
        :raises Drained: the worker is to end
        """
        _leave_child()
        delay = FIRST_DELAY
        attempts = 1
        self.shared_state.set_state(self.slot, IDLE)
        while True:
            try:
                invocation = self._poll()
            except FatalError as stop:
                self.shared_state.set_state(self.slot, REFUSED)
                if attempts >= MAX_ATTEMPTS and not (
                    isinstance(stop, ContainerError)
                    and self.shared_state.any_other_served(self.slot)
                ):
                    raise
                if attempts == 1:
                    log_to_operator(f"{stop} Worker {self.slot + 1} asks again.")
            else:
                self.shared_state.set_invocation(
                    self.slot, invocation.request_id, invocation.invocation_id
                )
                invocation.deadline_ms = correct_rie_deadline(
                    invocation.deadline_ms, time.time() * 1000
                )
                return invocation
            self.worker_connection.shutdown_pipe.pause(delay)
            delay = min(delay * 2, LAST_DELAY)
            attempts += 1

    def _poll(self) -> "Invocation":
        self.worker_connection.polling = True
        try:
            return super().next()
        finally:
            self.worker_connection.polling = False

    def respond(self, invocation: "Invocation", body: bytes, content_type: str) -> None:
        """Answer an invocation; an answer that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().respond(invocation, body, content_type)
        except FatalError as stop:
            _log_and_continue(stop)
        self.shared_state.set_state(self.slot, ANSWERED)

    def fail(self, invocation: "Invocation", report: "Report") -> None:
        """Report a failure; a report that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().fail(invocation, report)
        except FatalError as stop:
            _log_and_continue(stop)
        self.shared_state.set_state(self.slot, ANSWERED)

    def stream(
        self,
        invocation: "Invocation",
        stream: "Stream",
        make_report: "Callable[[BaseException], Report]",
    ) -> None:
        """Stream an answer; one that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().stream(invocation, stream, make_report)
        except FatalError as stop:
            _log_and_continue(stop)
        self.shared_state.set_state(self.slot, ANSWERED)

    def end_stream(
        self, invocation: "Invocation", answer: "StreamedAnswer", report: "Report | None"
    ) -> None:
        """End a streamed answer; an end that cannot be delivered ends no worker."""
        _leave_child()
        try:
            super().end_stream(invocation, answer, report)
        except FatalError as stop:
            _log_and_continue(stop)
        self.shared_state.set_state(self.slot, ANSWERED)

    def init_error(self, report: "Report") -> None:
        """Report that the function could not be loaded, if no other worker has."""
        _leave_child()
        self.shared_state.set_state(self.slot, ENDED)
        if self.worker_connection.shutdown_pipe.acquire_once():
            super().init_error(report)


def _leave_child() -> None:
    """Exit in a child of the worker: shared state and token are not for children."""
    if not is_owner():
        sys.exit(0)


def _log_and_continue(stop: FatalError) -> None:
    log_to_operator(f"{stop} The worker goes on.")


class Worker:
    """What a process needs to be a worker in ``slot``."""

    def __init__(
        self, config: "Config", slot: int, shared_state: SharedState, shutdown_pipe: ShutdownPipe
    ) -> None:
        self.config = config
        self.slot = slot
        self.shared_state = shared_state
        self.shutdown_pipe = shutdown_pipe
        self.exit_code = EXIT_INIT

    def run(self, work: "Callable[[Client], None]") -> int:
        """Serve until the supervisor or the sandbox ends it; return the exit code.

        :raises FatalError: the sandbox is gone, broken or not a Runtime API
        """
        if self.config.provider_socket:
            from .log_socket import redirect

            redirect(self.config.provider_socket)
        try:
            work(WorkerClient(self.config, self.slot, self.shared_state, self.shutdown_pipe))
        except FatalError as stop:
            self.exit_code = stop.exit_code
            if is_owner():
                self.shared_state.set_state(self.slot, ENDED)
            raise
        except Drained:
            pass
        return 0

    def claims_report(self) -> bool:
        """Return whether this worker is the first to report why all of them end."""
        return not is_owner() or self.shutdown_pipe.acquire_once()


class InChild(BaseException):
    """Raised in a new process to leave the supervisor's frames: it is ``worker`` from here on."""

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
