"""What stands for awslambdaric.bootstrap; packages replace handle_event_request() here.

The other names are those that packages read there. Where the real package is installed, too, what
it has besides is found as well. There is no ``handle_http_request``: packages take it for a sign of
Python 3.6.
"""

from .._payload.marshaller import Marshaller
from .._runtime.around import JSON_TYPE
from ..errors import Fault
from .faults import FaultException
from .lambda_context import LambdaContext
from .runtime_client import LambdaMarshaller, LambdaRuntimeClient, current_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

__all__ = [
    "FaultException",
    "LambdaContext",
    "LambdaMarshaller",
    "LambdaRuntimeClient",
    "handle_event_request",
    "to_json",
]

# The installed package's module of this name, if it has been imported.
real: "ModuleType | None" = None

_LOGGING = ("LambdaLoggerFilter", "LambdaLoggerHandler", "LambdaLoggerHandlerWithFrameType")
_IDS = ("_GLOBAL_AWS_REQUEST_ID", "_GLOBAL_TENANT_ID")


def handle_event_request(  # noqa: PLR0913, PLR0917  (AWS's signature)
    lambda_runtime_client: LambdaRuntimeClient,
    request_handler: "Callable[[Any, Any], Any]",
    invoke_id: str,
    event_body: "bytes | bytearray",
    content_type: str | None,
    client_context_json: str | None,
    cognito_identity_json: str | None,
    invoked_function_arn: str,
    epoch_deadline_time_in_ms: int,
    tenant_id: str | None = None,
    log_sink: object = None,
    invocation_id: str | None = None,
) -> None:
    """Handle one event and post what comes of it: arguments and order are awslambdaric's.

    ``request_handler`` returns when all is done: a coroutine has run, a stream has been sent but
    for its end.
    """
    _ = log_sink
    exchange = lambda_runtime_client.exchange
    if exchange is None:
        raise RuntimeError("handle_event_request() works inside surefoot's loop only.")
    invocation = exchange.invocation
    invocation.body = event_body
    invocation.content_type = content_type
    invocation.client_context = client_context_json
    invocation.cognito_identity = cognito_identity_json
    invocation.function_arn = invoked_function_arn
    invocation.deadline_ms = epoch_deadline_time_in_ms
    invocation.tenant_id = tenant_id
    exchange.prepare(request_handler)
    pending = exchange.pending
    if isinstance(pending, tuple):
        body, content_type = pending
        data = str(body, "utf-8") if content_type == JSON_TYPE else body
        lambda_runtime_client.post_invocation_result(invoke_id, data, content_type, invocation_id)
    elif pending is not None:
        dumps = exchange.client.marshaller.dumps
        error = str(dumps(pending.fields(invoke_id)), "utf-8")
        xray = str(pending.xray_json(Marshaller(ensure_ascii=True).dumps), "ascii")
        lambda_runtime_client.post_invocation_error(invoke_id, error, xray, invocation_id)


def _get_handler(handler: str) -> "Callable[[Any, Any], Any]":
    """Return the handler of a name: for packages whose own handler calls the function's.

    :raises FaultException: as AWS's client
    """
    from .._runtime.handlers.resolve import resolve

    try:
        return resolve(handler)
    except Fault as fault:
        raise FaultException(fault.kind, fault.message, fault.stack) from fault.__cause__


def to_json(value: object) -> str:
    """Return the JSON text of a value."""
    return str(LambdaRuntimeClient.marshaller.marshal_response(value)[0])


def __getattr__(name: str) -> object:
    if name in _LOGGING:
        from .._runtime.logs import setup

        return getattr(setup, name)
    if name == "JsonFormatter":
        from .._runtime.logs.json_format import JsonFormatter

        return JsonFormatter
    if name in _IDS:
        return current_ids()[_IDS.index(name)]
    if real is not None and not name.startswith("__"):
        return getattr(real, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def run(*_: object) -> None:
    """Refuse: this is AWS's own loop, and a second one would take the first one's invocations."""
    raise RuntimeError(
        "awslambdaric.bootstrap.run() is the loop of AWS's client, which is not here. On surefoot "
        'the entry point starts the loop: name the handler in CMD, such as ["app.handler"].'
    )
