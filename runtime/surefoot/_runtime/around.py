"""What goes on around the handler: the function's own hooks, and wrappers of other packages.

Loaded with the first hook, or when a package looks for AWS's client (see compat); until then the
loop pays one look at a variable for each invocation.
"""

import sys

from .._process.operator_log import log_to_operator
from .._process.ownership import is_owner
from .._runtime_api.streaming import Stream
from . import loop as loop_module
from .context import LambdaContext
from .handlers.results import settle
from .late import report_error, report_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, Protocol, TypeVar

    from .._payload.marshaller import Marshaller
    from .._runtime_api.client import Client
    from .._runtime_api.error_report import Report
    from .._runtime_api.invocation import Invocation
    from .._runtime_api.streamed_answer import StreamedAnswer
    from .config import Config
    from .logs import Log
    from .loop import Loop

    Hook = Callable[[Any, LambdaContext], Generator[None, Any, object]]
    H = TypeVar("H", bound=Hook)
    Handler = Callable[[Any, LambdaContext], Any]

    class Host(Protocol):
        """What serves: the loop, or that of SUREFOOT_ASYNC_CONCURRENCY."""

        config: Config
        log: Log
        marshaller: Marshaller

    class Wrappers(Protocol):
        """Other packages' wrappers: the module compat.wrappers."""

        def handle(self, exchange: "Exchange") -> None:
            """Handle and answer an invocation through the wrappers."""

        def report_init_error(self, client: Client, report: Report, error_type: str) -> None:
            """Report an init error through the wrappers."""


JSON_TYPE = "application/json"
_GENERATOR = 0x20  # inspect.CO_GENERATOR
_hooks: "list[Hook]" = []
# Set when a package has found the names of AWS's client.
wrappers: "Wrappers | None" = None


def around_invocation(hook: "H") -> "H":
    """Have a generator function go on around each invocation; usable as a decorator.

    Up to its one ``yield`` it runs before the handler is called, with the event and the context.
    The rest runs when the handler is done and before the answer is complete: the ``yield`` returns
    the handler's result (None for a stream, which has been sent by then but for its end) or raises
    what the handler, or the marshalling of its result, raised. Coroutines and streams have run to
    their end. The hook changes neither result nor error; one that fails is logged and loses
    nothing. Hooks nest: the first one registered is the outermost.

    With SUREFOOT_ASYNC_CONCURRENCY hooks of several invocations run at once, each in the thread of
    its invocation; context variables that a hook sets reach the coroutine.

    :returns: hook
    :raises TypeError: hook is no generator function
    """
    code = getattr(hook, "__code__", None)
    if code is None or not code.co_flags & _GENERATOR:
        raise TypeError(
            f"around_invocation() got {hook!r}, which is not a generator function; write it with "
            "def, (event, context), and one yield, at which the handler runs."
        )
    _hooks.append(hook)
    use()
    return hook


def use() -> None:
    """Have the loops serve by way of this module from now on."""
    loop_module.around = sys.modules[__name__]


class RunningHooks:
    """The hooks of one invocation, each waiting at its ``yield``."""

    def __init__(self, event: object, context: LambdaContext) -> None:
        """Start each hook; one that fails is logged and left out."""
        self._waiting: list[tuple[Hook, Generator[None, Any, object]]] = []
        for hook in _hooks:
            try:
                generator = hook(event, context)
                next(generator)
            except StopIteration:
                log_to_operator(f"the hook {_name(hook)} ended before its yield.")
            except BaseException as error:
                _log_failure(hook, error)
            else:
                self._waiting.append((hook, generator))

    def finish(self, result: object, error: BaseException | None) -> None:
        """Let each hook end, the last one started first, with the result or the error."""
        trace = None if error is None else error.__traceback__
        while self._waiting:
            hook, generator = self._waiting.pop()
            try:
                if error is None:
                    generator.send(result)
                else:
                    generator.throw(error)
            except StopIteration:
                continue
            except BaseException as raised:
                # Raised as it came in, or made a RuntimeError by the interpreter (PEP 479).
                if raised is not error and (error is None or raised.__cause__ is not error):
                    _log_failure(hook, raised)
            else:
                log_to_operator(f"the hook {_name(hook)} yields twice; the rest is left out.")
                generator.close()
            finally:
                if error is not None:
                    # Without the hook's frames, and without a circle through this one.
                    error.__traceback__ = trace


def _log_failure(hook: "Hook", error: BaseException) -> None:
    if not is_owner():
        raise error
    report = report_of(error)
    headline = f"the hook {_name(hook)} failed: {report.kind}: {report.message}"
    log_to_operator("\n".join([headline, *(line.rstrip("\n") for line in report.stack)]))


def _name(hook: "Hook") -> str:
    return getattr(hook, "__qualname__", repr(hook))


class Exchange:
    """One invocation and its one answer, with hooks and wrappers around the handler."""

    def __init__(
        self, host: "Host", client: "Client", invocation: "Invocation", call: "Handler"
    ) -> None:
        """Prepare to serve an invocation.

        :param call: calls the function's handler; returns its value, or the begun Stream
        """
        self.client = client
        self.invocation = invocation
        self.log = host.log
        self.config = host.config
        self.marshaller = host.marshaller
        # Perhaps from a signal handler that ends the process. No other exception is kept: it would
        # be part of a circle, by way of its frames, that only the collector could resolve.
        self.exit: SystemExit | None = None
        # What is to be posted: the result with its content type, or a report.
        self.pending: tuple[bytes, str] | Report | None = None
        self.answered = False
        self._call = call
        self._stream: StreamedAnswer | None = None

    def serve(self) -> None:
        """Handle the invocation and answer it.

        :raises FatalError: as Client.next()
        """
        try:
            if wrappers is not None:
                wrappers.handle(self)
            else:
                self.prepare(self.call_handler)
                self.post()
        finally:
            if self._stream is not None:
                self._stream.close()

    def prepare(self, function: "Handler") -> None:
        """Have the event handled by a function; what is to be posted is ``pending`` then.

        :param function: call_handler(), or what a package has put around it
        """
        hooks = None
        try:
            context = LambdaContext(
                self.invocation, self.config, self.client.marshaller.loads, self.log.write
            )
            event = self.marshaller.load(self.invocation.body, self.invocation.content_type)
            self.invocation.body = b""
            hooks = RunningHooks(event, context)
            result = function(event, context)
            # Of a stream there is nothing left to post but its end.
            is_sent = self._stream is not None
            self.pending = (b"null", JSON_TYPE) if is_sent else self.marshaller.dump(result)
        except BaseException as error:
            if not is_owner():
                raise
            self.fail(error)
            if hooks is not None:
                hooks.finish(None, error)
        else:
            hooks.finish(result, None)
        self.log.flush()

    def fail(self, error: BaseException) -> None:
        """Log an error and make its report what is to be posted."""
        self.note_exit(error)
        self.pending = self.make_report(error)

    def note_exit(self, error: BaseException) -> None:
        """Keep an exception that may be the end of the process."""
        if isinstance(error, SystemExit):
            self.exit = error

    def call_handler(self, event: "Any", context: LambdaContext) -> "Any":
        """Call the handler and return its result; all that it does is done then, and sent.

        :raises BaseException: whatever the handler raises, while it streams, too
        """
        result = self._call(event, context)
        if not is_owner():
            # A child that returned from the handler: all that is left here is its parent's.
            sys.exit(0)
        if not isinstance(result, Stream):
            return result
        self._stream = self.client.begin_stream(self.invocation, result, self.make_report)
        error = self._stream.send()
        if error is not None:
            raise error
        return None

    def post(self) -> None:
        """Post what is pending, once; more answers are refused with a line in the log.

        :raises FatalError: as Client.next()
        """
        pending, self.pending = self.pending, None
        if self.answered or pending is None:
            log_to_operator(f"request {self.invocation.request_id} is answered already.")
            return
        self.answered = True
        report = None if isinstance(pending, tuple) else pending
        if self._stream is not None:
            self.client.end_stream(self.invocation, self._stream, report)
        elif isinstance(pending, tuple):
            self.client.respond(self.invocation, *pending)
        else:
            self.client.fail(self.invocation, pending)

    def make_report(self, error: BaseException) -> "Report":
        """Log an error and return its report."""
        return report_error(self.log, error, self.invocation.request_id)


def serve(loop: "Loop", invocation: "Invocation") -> None:
    """Serve an invocation of a loop: what Loop.serve() does, with everything around the handler.

    :raises FatalError: as Loop.serve()
    :raises SystemExit: a signal handler of the function's ended the process
    """
    guard = loop.guard
    json = loop.client.marshaller

    def call(event: "Any", context: LambdaContext) -> "Any":
        guard.in_user_code = True
        try:
            if guard.expired:
                raise guard.overdue()
            result = settle(loop.function(event, context), json)
        finally:
            guard.in_user_code = False
        if isinstance(result, Stream):
            result.source = guard.watch(result.source)
        return result

    exchange = Exchange(loop, loop.client, invocation, call)
    guard.arm(invocation.request_id, invocation.deadline_ms)
    try:
        exchange.serve()
    finally:
        guard.disarm()
        loop.log.flush()
    if exchange.exit is not None:
        from .signals import came_from_signal_handler

        if came_from_signal_handler(exchange.exit):
            raise exchange.exit


def report_init_error(client: "Client", report: "Report", error_type: str = "") -> None:
    """Report that the function could not be loaded; the process must exit next.

    :param error_type: what the Runtime API is to record, if not the report's own type
    :raises FatalError: as Client.next()
    """
    if wrappers is not None:
        wrappers.report_init_error(client, report, error_type)
    elif error_type:
        client.before_snapshot_error(report)
    else:
        client.init_error(report)
