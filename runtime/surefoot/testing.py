"""Calling handlers in unit tests as Lambda would: JSON in, JSON out, with a context.

>>> from surefoot.testing import invoke
>>> def handler(event, context):
...     return {"hello": event["name"], "memory": context.memory_limit_in_mb}
>>> invoke(handler, {"name": "you"}, memory_limit_in_mb=512)
{'hello': 'you', 'memory': '512'}
"""

import sys
import time

from ._payload.marshaller import Marshaller, chosen_marshaller
from ._runtime.handlers.resolve import resolve
from ._runtime.handlers.results import settle
from ._runtime_api.streaming import DELIMITER, HTTP_TYPE, HttpPrelude, Stream
from .errors import Fault
from .fakecontext import fake_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Unpack

    from .fakecontext import Fields

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
    call) and generators; use_marshaller() counts. The environment is left alone, and nothing ends a
    handler at its deadline.

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
    answer = _settled(function(payload, context), marshaller)
    if isinstance(answer, Stream):
        return _collected(answer, plain)
    body, content_type = marshaller.dump(answer)
    if len(body) > MAX_RESPONSE:
        raise Fault(
            "Function.ResponseSizeTooLarge",
            f"the response is {len(body):,} bytes long and Lambda takes {MAX_RESPONSE:,}; put it "
            "into S3 and return its address, or stream it.",
        )
    return plain.load(body, content_type)


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
