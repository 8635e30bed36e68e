"""Poll, handle, answer; for ever. Knows no environment and no socket."""

from .context import LambdaContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .client import Client
    from .config import Config
    from .invocation import Invocation
    from .logs import Log
    from .marshal import Marshaller


class Loop:
    """One function served from one source of invocations.

    ``client`` hands out invocations and takes answers, ``marshaller`` turns bodies into events and
    results into bodies, ``trace`` gets the X-Ray trace id of each invocation or None.
    """

    def __init__(
        self,
        client: "Client",
        function: "Callable[[Any, LambdaContext], Any]",
        marshaller: "Marshaller",
        config: "Config",
        log: "Log",
        trace: "Callable[[str | None], None]",
    ) -> None:
        self.client = client
        self.function = function
        self.marshaller = marshaller
        self.config = config
        self.log = log
        self.trace = trace

    def run(self) -> None:
        """Serve until the client or a signal handler raises.

        :raises RuntimeStop: the sandbox is gone, broken or not a Runtime API
        """
        while True:
            self.serve(self.client.next())

    def serve(self, invocation: "Invocation") -> None:
        """Handle one invocation and answer it, whatever the handler does.

        :raises RuntimeStop: the answer could not be delivered and nothing else will be
        """
        self.log.request_id = invocation.request_id
        self.log.tenant_id = invocation.tenant_id
        self.trace(invocation.trace_id)
        try:
            body, content_type = self._handle(invocation)
        except BaseException as error:
            # SystemExit and KeyboardInterrupt, too: a handler that calls sys.exit() has failed this
            # invocation, and its caller wants to hear of it.
            self._fail(invocation, error)
        else:
            self.client.respond(invocation, body, content_type)

    def _handle(self, invocation: "Invocation") -> tuple[bytes, str]:
        context = LambdaContext(invocation, self.config, self.marshaller.loads, self.log.write)
        event = self.marshaller.load(invocation.body, invocation.content_type)
        # A large event need not be kept twice while the handler works.
        invocation.body = b""
        return self.marshaller.dump(self.function(event, context))

    def _fail(self, invocation: "Invocation", error: BaseException) -> None:
        from .logs.uncaught import record
        from .report import Report

        report = Report.of(error)
        record(self.log, report, invocation.request_id)
        self.client.fail(invocation, report)
