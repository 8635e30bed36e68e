"""The client class whose methods other packages replace; ours post through the runtime."""

from .._payload.marshaller import Marshaller
from .._process.operator_log import log_to_operator
from .._runtime.around import JSON_TYPE
from .._runtime_api.error_report import Report
from ..errors import BEFORE_SNAPSHOT_ERROR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._runtime.around import Exchange
    from .._runtime.logs import Log
    from .._runtime_api.client import Client

# The log of the invocation under way: it knows its ids.
logs: "list[Log]" = []


def current_ids() -> tuple[str | None, str | None]:
    """Return the request id and the tenant id of the invocation under way, None before one."""
    return logs[-1].invocation if logs else (None, None)


class LambdaMarshaller:
    """What turns bodies into events and results into bodies, under AWS's names."""

    def __init__(self, marshaller: Marshaller | None = None) -> None:
        self.marshaller = marshaller or Marshaller()

    def unmarshal_request(self, request: bytes, content_type: str = "application/json") -> "Any":
        """Return the event of a body."""
        return self.marshaller.load(request, content_type)

    def marshal_response(self, response: object) -> "tuple[str | bytes, str]":
        """Return a result's body, text for JSON, and its content type."""
        body, content_type = self.marshaller.dump(response)
        return (str(body, "utf-8") if content_type == JSON_TYPE else body), content_type


class LambdaRuntimeClient:
    """What a wrapper of ``handle_event_request`` gets as the client, one for each connection.

    ``marshaller`` may be replaced, as AWS documents it, by an object with the same two methods.
    """

    marshaller: "Any" = LambdaMarshaller()

    def __init__(
        self, lambda_runtime_address: str, use_thread_for_polling_next: bool = False
    ) -> None:
        self.lambda_runtime_address = lambda_runtime_address
        self.use_thread_for_polling_next = use_thread_for_polling_next
        # The invocation under way, and the init error that is being reported.
        self.exchange: Exchange | None = None
        self.init_error: InitError | None = None

    def post_invocation_result(
        self,
        invoke_id: str,
        result_data: "str | bytes",
        content_type: str = "application/json",
        invocation_id: str | None = None,
    ) -> None:
        """Answer the invocation under way."""
        _ = invocation_id
        exchange = self._current(invoke_id)
        body = result_data if isinstance(result_data, bytes) else result_data.encode()
        exchange.pending = body, content_type
        exchange.post()

    def post_invocation_error(
        self,
        invoke_id: str,
        error_response_data: str,
        xray_fault: str,
        invocation_id: str | None = None,
    ) -> None:
        """Report that the invocation under way failed."""
        _ = invocation_id
        exchange = self._current(invoke_id)
        loads = exchange.client.marshaller.loads
        exchange.pending = PostedReport(loads(error_response_data), xray_fault)
        exchange.post()

    def post_init_error(
        self, error_response_data: "dict[str, Any]", error_type_override: str | None = None
    ) -> None:
        """Report that the function could not be loaded."""
        if self.init_error is None:
            raise RuntimeError("there is no init error to report.")
        self.init_error.post(error_response_data, error_type_override)

    def _current(self, invoke_id: str) -> "Exchange":
        exchange = self.exchange
        if exchange is None:
            raise RuntimeError(f"no invocation is under way that {invoke_id} could be.")
        return exchange


class InitError:
    """A report for init/error that is posted once."""

    def __init__(self, client: "Client") -> None:
        self.client = client
        self.posted = False

    def post(self, fields: "dict[str, Any]", error_type: str | None) -> None:
        """Post the report.

        :raises FatalError: as Client.next()
        """
        if self.posted:
            log_to_operator("the init error is reported already.")
            return
        self.posted = True
        report = PostedReport(fields, "")
        if error_type == BEFORE_SNAPSHOT_ERROR:
            self.client.before_snapshot_error(report)
        else:
            self.client.init_error(report)


class PostedReport(Report):
    """An error report as it came through the wrappers: its JSON fields and its X-Ray cause."""

    def __init__(self, fields: "dict[str, Any]", xray: str) -> None:
        super().__init__(
            str(fields.get("errorType")),
            str(fields.get("errorMessage")),
            [str(line) for line in fields.get("stackTrace") or ()],
            [],
        )
        self._fields = fields
        self._xray = xray

    def fields(self, _: str = "") -> "dict[str, object]":
        """Return the fields, any that a wrapper has added included."""
        return self._fields

    def xray_json(self, _: "Any") -> bytes:
        """Return the X-Ray cause."""
        return self._xray.encode("ascii", "backslashreplace")
