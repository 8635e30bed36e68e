"""Poll, handle, answer, until the end. Knows no environment and no socket."""

import sys
from posix import getpid

from ..errors import Terminated
from .context import LambdaContext
from .handlers.results import KINDS
from .late import report_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .._payload.marshaller import Marshaller
    from .._runtime_api.client import Client
    from .._runtime_api.error_report import Report
    from .._runtime_api.invocation import Invocation
    from .._runtime_api.streaming import Stream
    from .config import Config
    from .deadline import DeadlineGuard
    from .logs import Log

# The module of that name, once there is anything around the handler: see there.
around: "ModuleType | None" = None


class Loop:
    """One function served from one source of invocations.

    ``client`` hands out invocations and takes answers, ``marshaller`` turns bodies into events and
    results into bodies, ``trace`` gets the X-Ray trace id of each invocation or None, ``guard``
    watches over the deadline while the handler works.
    """

    def __init__(
        self,
        client: "Client",
        function: "Callable[[Any, LambdaContext], Any]",
        marshaller: "Marshaller",
        config: "Config",
        log: "Log",
        trace: "Callable[[str | None], None]",
        guard: "DeadlineGuard",
    ) -> None:
        self.client = client
        self.function = function
        self.marshaller = marshaller
        self.config = config
        self.log = log
        self.trace = trace
        self.guard = guard
        # Asked by id, as in ownership, which a call for each invocation would make slower.
        self.owner = getpid()
        self.idle = False
        self.stopping = False

    def run(self, after_first: "Callable[[], None] | None" = None) -> None:
        """Serve until the client or a signal handler raises, or until stop().

        :param after_first: called once, when the first invocation has been answered
        :raises FatalError: the sandbox is gone, broken or not a Runtime API; or Terminated
        :raises SystemExit: the function's own signal handler said so; or this process is a child
            that the handler forked, which must not go on here
        """
        while not self.stopping:
            self.idle = True
            invocation = self.client.next()
            self.idle = False
            self.serve(invocation)
            if after_first is not None:
                after_first()
                after_first = None
        raise Terminated("terminated after the invocation that was under way.")

    def stop(self) -> None:
        """End the loop: for a signal handler. An invocation that is under way is finished first.

        :raises Terminated: at once, when none is
        """
        self.stopping = True
        if self.idle:
            raise Terminated("terminated.")

    def serve(self, invocation: "Invocation") -> None:
        """Handle one invocation and answer it, whatever the handler does.

        :raises FatalError: the answer could not be delivered and nothing else will be
        """
        self.log.request_id = invocation.request_id
        self.log.tenant_id = invocation.tenant_id
        self.trace(invocation.trace_id)
        if around is not None:
            around.serve(self, invocation)
            return
        try:
            answer = self._handle(invocation)
        except BaseException as error:
            if getpid() != self.owner:
                raise
            # SystemExit and KeyboardInterrupt, too: a handler that calls sys.exit() has failed this
            # invocation, and its caller is to learn of it.
            self.client.fail(invocation, self._report(invocation, error))
            if isinstance(error, SystemExit):
                from .signals import came_from_signal_handler

                if came_from_signal_handler(error):
                    raise
            return
        if getpid() != self.owner:
            # A child that returned from the handler: all that is left here is its parent's.
            sys.exit(0)
        if isinstance(answer, tuple):
            self.client.respond(invocation, *answer)
        else:
            self._stream(invocation, answer)

    def _handle(self, invocation: "Invocation") -> "tuple[bytes, str] | Stream":
        """Call the handler; return its result as bytes and content type, or the begun stream."""
        marshaller = self.marshaller
        json = self.client.marshaller
        guard = self.guard
        streaming = False
        guard.arm(invocation.request_id, invocation.deadline_ms)
        try:
            context = LambdaContext(invocation, self.config, json.loads, self.log.write)
            event = marshaller.load(invocation.body, invocation.content_type)
            # A large event need not be kept twice while the handler works.
            invocation.body = b""
            guard.in_user_code = True
            if guard.expired:
                raise guard.overdue()
            result = self.function(event, context)
            settle = KINDS.get(type(result))
            if settle is not None:
                from .._runtime_api.streaming import Stream

                result = settle(result, json)
                if isinstance(result, Stream):
                    streaming = True
                    result.source = guard.watch(result.source)
                    return result
            guard.in_user_code = False
            # Nor need it be kept while the result is marshalled.
            del event
            return marshaller.dump(result)
        finally:
            if not streaming:
                guard.disarm()
            self.log.flush()

    def _stream(self, invocation: "Invocation", stream: "Stream") -> None:
        try:
            self.client.stream(invocation, stream, lambda error: self._report(invocation, error))
        finally:
            self.guard.disarm()
            self.log.flush()

    def _report(self, invocation: "Invocation", error: BaseException) -> "Report":
        return report_error(self.log, error, invocation.request_id)
