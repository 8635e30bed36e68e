"""Calling handlers in unit tests as Lambda would: JSON in, JSON out, with a context.

>>> from surefoot.testing import invoke
>>> def handler(event, context):
...     return {"hello": event["name"], "memory": context.memory_limit_in_mb}
>>> invoke(handler, {"name": "you"}, memory_limit_in_mb=512)
{'hello': 'you', 'memory': '512'}
"""

import sys
import time
from itertools import count

from ._payload.marshaller import Marshaller, chosen_marshaller
from ._runtime.config import Config
from ._runtime.context import LambdaContext
from ._runtime.handlers.resolve import resolve
from ._runtime.handlers.results import settle
from ._runtime_api.invocation import Invocation
from ._runtime_api.streaming import DELIMITER, HTTP_TYPE, HttpPrelude, Stream
from .errors import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from typing_extensions import TypedDict, Unpack

    class Fields(TypedDict, total=False):
        """What a test may say about its invocation; see fake_context()."""

        request_id: str
        function_name: str
        function_version: str
        memory_limit_in_mb: int | str
        log_group_name: str
        log_stream_name: str
        invoked_function_arn: str
        tenant_id: str
        client_context: Mapping[str, Any]
        cognito_identity_id: str
        cognito_identity_pool_id: str


__all__ = ["Streamed", "fake_context", "invoke"]

MAX_RESPONSE = 6_291_556  # bytes, as Lambda counts them


class Streamed:
    """What a streaming handler sent: ``prelude`` (an HttpPrelude, or None without one) and
    ``pieces``, the non-empty bytes in the order in which they left.
    """

    __slots__ = ("pieces", "prelude")

    def __init__(self, prelude: HttpPrelude | None, pieces: list[bytes]) -> None:
        self.prelude = prelude
        self.pieces = pieces

    @property
    def body(self) -> bytes:
        """The pieces together, as the caller receives them."""
        return b"".join(self.pieces)

    @property
    def text(self) -> str:
        """The body as UTF-8 text.

        :raises UnicodeDecodeError: it is no UTF-8
        """
        return self.body.decode()


def invoke(
    handler: "Callable[..., Any] | str",
    event: object = None,
    *,
    timeout: float = 3.0,
    clock: "Callable[[], float]" = time.time,
    **fields: "Unpack[Fields]",
) -> "Any":
    """Call a handler as the runtime does and return its answer as a caller would read it.

    Event and result travel as JSON, so that a datetime in a result fails here and not in
    production. Handlers may be functions, coroutine functions (on one event loop, kept from call to
    call) and generators; use_marshaller() and around_invocation() count. The environment is left
    alone, and nothing ends a handler at its deadline.

    :param handler: a callable, or its name as in CMD: ``"app.handler"``, found on sys.path
    :param event: any JSON value; bytes are taken as the JSON text itself
    :param timeout: seconds until the deadline
    :param clock: returns seconds as time.time() does; the remaining time is measured by it
    :param fields: as for fake_context()
    :returns: the parsed JSON; bytes where the handler returned bytes; a Streamed for a stream
    :raises BaseException: whatever the handler raises
    :raises Fault: Runtime.MarshalError, .UnmarshalError, .ImportModuleError, .HandlerNotFound …:
        what the runtime would report under that type; Function.ResponseSizeTooLarge for a result
        over 6,291,556 bytes. Source: AWS Lambda Developer Guide, "Lambda quotas"
    :raises TypeError: the event has no JSON form, or a field is unknown
    :raises RuntimeError: a coroutine handler was called from a running event loop
    """
    plain = Marshaller()
    # The module that is imported here may choose its marshaller while it is.
    function = resolve(handler) if isinstance(handler, str) else handler
    marshaller = chosen_marshaller(plain)
    context = fake_context(timeout=timeout, clock=clock, **fields)
    payload = marshaller.load(_body(event, plain), "application/json")
    around = sys.modules.get("surefoot._runtime.around")
    if around is None:
        return _answer(function, payload, context, marshaller)[1]
    hooks = around.RunningHooks(payload, context)
    try:
        result, answer = _answer(function, payload, context, marshaller)
    except BaseException as error:
        hooks.finish(None, error)
        raise
    hooks.finish(result, None)
    return answer


def _answer(
    function: "Callable[..., Any]", event: "Any", context: LambdaContext, marshaller: Marshaller
) -> "tuple[Any, Any]":
    """Return what the handler returned (None for a stream), and what the caller would read."""
    plain = Marshaller()
    result = _settled(function(event, context), marshaller)
    if isinstance(result, Stream):
        return None, _collected(result, plain)
    body, content_type = marshaller.dump(result)
    if len(body) > MAX_RESPONSE:
        raise Fault(
            "Function.ResponseSizeTooLarge",
            f"the response is {len(body):,} bytes long and Lambda takes {MAX_RESPONSE:,}; put it "
            "into S3 and return its address, or stream it.",
        )
    return result, plain.load(body, content_type)


def _body(event: object, plain: Marshaller) -> bytes:
    if isinstance(event, bytes):
        return event
    try:
        return plain.dumps(event)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"the event has no JSON form: {error}. Lambda delivers JSON and nothing else; pass "
            "what json.loads() would return."
        ) from None


def _settled(result: "Any", marshaller: Marshaller) -> "Any":
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio.iscoroutine(result) and _is_running(asyncio):
        result.close()
        raise RuntimeError(
            "invoke() was called from a running event loop, where the runtime's own cannot run. "
            "Call it from an ordinary test function, or as await asyncio.to_thread(invoke, …)."
        )
    return settle(result, marshaller)


def _is_running(asyncio: "Any") -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _collected(stream: Stream, plain: Marshaller) -> Streamed:
    try:
        pieces = list(stream)
    finally:
        stream.close()
    if stream.content_type != HTTP_TYPE:
        return Streamed(None, pieces)
    fields = plain.loads(str(pieces[0].removesuffix(DELIMITER), "utf-8"))
    headers = {**fields.get("headers", {}), **fields.get("multiValueHeaders", {})}
    return Streamed(HttpPrelude(fields["statusCode"], headers, fields.get("cookies")), pieces[1:])


_requests = count(1)

_VARIABLES = {
    "function_name": "AWS_LAMBDA_FUNCTION_NAME",
    "function_version": "AWS_LAMBDA_FUNCTION_VERSION",
    "memory_limit_in_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "log_group_name": "AWS_LAMBDA_LOG_GROUP_NAME",
    "log_stream_name": "AWS_LAMBDA_LOG_STREAM_NAME",
}
_FIELDS = {
    *_VARIABLES,
    "request_id",
    "invoked_function_arn",
    "tenant_id",
    "client_context",
    "cognito_identity_id",
    "cognito_identity_pool_id",
}


class _Context(LambdaContext):
    """A LambdaContext with a clock of the test's choice."""

    clock: "Callable[[], float]"
    end_ms: int

    def get_remaining_time_in_millis(self) -> int:
        return max(self.end_ms - int(self.clock() * 1000), 0)


def fake_context(
    *,
    timeout: float = 3.0,
    clock: "Callable[[], float]" = time.time,
    **fields: "Unpack[Fields]",
) -> LambdaContext:
    """Return a context as a handler gets it, with plausible values where none are given.

    :param timeout: seconds until the deadline
    :param clock: returns seconds as time.time() does; the remaining time is measured by it
    :param fields: the context's attributes by name (``request_id`` for aws_request_id, the two of
        ``identity`` directly); ``client_context`` as the object that a caller sends, with custom,
        env and client
    :raises TypeError: a field is unknown
    :raises Fault: Runtime.LambdaContextUnmarshalError, client_context is no object
    """
    known = {**_usual(fields.get("function_name", "test-function")), **fields}
    unknown = set(known) - _FIELDS
    if unknown:
        raise TypeError(
            f"a context has no field {', '.join(sorted(unknown))}; its fields are "
            f"{', '.join(sorted(_FIELDS))}."
        )
    end_ms = max(int(clock() * 1000) + round(timeout * 1000), 0)
    dumps = Marshaller().dumps
    headers = {
        "lambda-runtime-aws-request-id": known["request_id"],
        "lambda-runtime-invoked-function-arn": known["invoked_function_arn"],
        "lambda-runtime-deadline-ms": str(end_ms),
    }
    if "tenant_id" in known:
        headers["lambda-runtime-aws-tenant-id"] = known["tenant_id"]
    if "client_context" in known:
        headers["lambda-runtime-client-context"] = str(dumps(known["client_context"]), "utf-8")
    identity = {
        "cognitoIdentityId": known.get("cognito_identity_id"),
        "cognitoIdentityPoolId": known.get("cognito_identity_pool_id"),
    }
    headers["lambda-runtime-cognito-identity"] = str(dumps(identity), "utf-8")
    environ = {variable: str(known[name]) for name, variable in _VARIABLES.items()}
    # Nothing connects to it, but the settings are those of a runtime and include an address.
    config = Config(["test.handler"], {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **environ})
    context = _Context(Invocation(headers, b""), config, Marshaller().loads, _log)
    context.clock, context.end_ms = clock, end_ms
    return context


def _usual(name: str) -> "dict[str, Any]":
    return {
        "request_id": f"00000000-0000-4000-8000-{next(_requests):012x}",
        "function_name": name,
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "log_group_name": f"/aws/lambda/{name}",
        "log_stream_name": f"2026/01/01/[$LATEST]{'0' * 32}",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
    }


def _log(text: str) -> None:
    # Looked up with each call: pytest replaces it.
    sys.stdout.write(text)
