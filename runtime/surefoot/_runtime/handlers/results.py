"""Every kind of handler in one call shape: a value to marshal, or a stream.

What a handler is shows in what its call returns: a coroutine function returns a coroutine, a
generator function a generator. So nothing is inspected beforehand, and an ordinary function pays
one look-up by type.
"""

from ..._payload.marshaller import Marshaller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
    from typing import Any

    from ..._runtime_api.streaming import Stream


def _generator() -> "Generator[None, None, None]":
    yield


async def _coroutine() -> None:
    pass


async def _async_generator() -> "AsyncGenerator[None, None]":
    yield


def settle(result: "Any", marshaller: Marshaller) -> "Any | Stream":
    """Return the value or the Stream behind what a handler's call returned.

    :raises BaseException: whatever the handler raises before its value or first byte
    """
    kind = KINDS.get(type(result))
    return result if kind is None else kind(result, marshaller)


def _stream(source: "Iterator[Any]", marshaller: Marshaller) -> "Stream":
    from ..._runtime_api.streaming import Stream

    return Stream(source, marshaller)


def _await(coroutine: "Coroutine[Any, Any, Any]", marshaller: Marshaller) -> "Any | Stream":
    from .coroutine import run

    return settle(run(coroutine), marshaller)


def _stream_async(source: "AsyncGenerator[Any, None]", marshaller: Marshaller) -> "Stream":
    from .coroutine import iterate

    return _stream(iterate(source), marshaller)


def _type_of_coroutine() -> type:
    coroutine = _coroutine()
    coroutine.close()
    return type(coroutine)


# Without the types module, which a cold start need not load.
KINDS: "dict[type, Callable[[Any, Marshaller], Any]]" = {
    type(_generator()): _stream,
    _type_of_coroutine(): _await,
    type(_async_generator()): _stream_async,
}
