"""Serves invocations through what other packages have put around AWS's client."""

import sys

from .._payload.marshaller import Marshaller
from .._process.operator_log import log_to_operator
from .._process.ownership import is_owner
from .._runtime import around
from .._runtime.late import report_of
from ..errors import FatalError, Fault
from . import bootstrap
from .runtime_client import InitError, LambdaMarshaller, LambdaRuntimeClient, logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._runtime.around import Exchange
    from .._runtime_api.client import Client
    from .._runtime_api.error_report import Report

UNANSWERED = "Runtime.Unanswered"

_default_marshaller = LambdaRuntimeClient.marshaller
_clients: "dict[Client, LambdaRuntimeClient]" = {}


def use() -> None:
    """Have invocations go through the wrappers from now on."""
    around.wrappers = sys.modules[__name__]
    around.use()


def handle(exchange: "Exchange") -> None:
    """Handle and answer an invocation; a wrapper that fails does not lose the answer.

    :raises FatalError: as Client.next()
    """
    logs[:] = [exchange.log]
    client = _client_for(exchange.client)
    if client.marshaller is not _default_marshaller:
        exchange.marshaller = _ForeignMarshaller(client.marshaller)
    invocation = exchange.invocation
    client.exchange = exchange
    failure: BaseException | None = None
    try:
        bootstrap.handle_event_request(
            client,
            exchange.call_handler,
            invocation.request_id,
            bytes(invocation.body),
            invocation.content_type,
            invocation.client_context,
            invocation.cognito_identity,
            invocation.function_arn,
            invocation.deadline_ms,
            invocation.tenant_id,
            exchange.log.sink,
            invocation.invocation_id,
        )
    except BaseException as error:
        if isinstance(error, FatalError) or not is_owner():
            raise
        failure = error
    finally:
        client.exchange = None
    _finish(exchange, failure)


def _finish(exchange: "Exchange", failure: BaseException | None) -> None:
    """Post what the wrappers have left unposted."""
    if failure is not None and (exchange.answered or exchange.pending is not None):
        exchange.note_exit(failure)
        _log_failure(failure)
    if exchange.answered:
        return
    if exchange.pending is None:
        exchange.fail(
            failure
            or Fault(
                UNANSWERED,
                f"{_name(bootstrap.handle_event_request)}, which a package has put in place of "
                "awslambdaric's handle_event_request(), returned without an answer.",
            )
        )
    exchange.post()


def report_init_error(client: "Client", report: "Report", error_type: str) -> None:
    """Report an init error through the wrappers.

    :raises FatalError: as Client.next()
    """
    compatible = _client_for(client)
    init_error = compatible.init_error = InitError(client)
    arguments: list[Any] = [report.fields(), error_type] if error_type else [report.fields()]
    try:
        compatible.post_init_error(*arguments)
    except BaseException as error:
        if isinstance(error, FatalError) or not is_owner():
            raise
        _log_failure(error)
    if not init_error.posted:
        init_error.post(report.fields(), error_type)


def _log_failure(error: BaseException) -> None:
    report = report_of(error)
    headline = f"a package around the invocation failed: {report.kind}: {report.message}"
    log_to_operator("\n".join([headline, *(line.rstrip("\n") for line in report.stack)]))


def _name(function: object) -> str:
    module = getattr(function, "__module__", "?")
    return f"{module}.{getattr(function, '__qualname__', function)}"


def _client_for(client: "Client") -> LambdaRuntimeClient:
    found = _clients.get(client)
    if found is None:
        connection = client.connection
        found = _clients[client] = LambdaRuntimeClient(f"{connection.host}:{connection.port}")
        if isinstance(_default_marshaller, LambdaMarshaller):
            _default_marshaller.marshaller = client.marshaller
    return found


class _ForeignMarshaller(Marshaller):
    """A marshaller of AWS's kind as one of ours."""

    def __init__(self, foreign: "Any") -> None:
        super().__init__()
        self._foreign = foreign

    def load(self, body: "bytes | bytearray", content_type: str | None) -> "Any":
        """Return the event of a body."""
        return self._foreign.unmarshal_request(bytes(body), content_type or "application/json")

    def dump(self, result: object) -> tuple[bytes, str]:
        """Return a result's body and content type."""
        body, content_type = self._foreign.marshal_response(result)
        return (body if isinstance(body, bytes) else str(body).encode()), content_type
