"""Payload to object and back, with the results of awslambdaric (simplejson) and its error texts.

The C accelerators of the ``json`` package do the work without the package itself, whose import
costs 7 ms of every cold start. They handle what nearly every function sends and receives; whatever
is unusual (a namedtuple, a Decimal, a fault in the input) goes to json_encoder, loaded then.
"""

import marshal

from ..errors import MARSHAL_ERROR, UNMARSHAL_ERROR, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# Payloads of this many bytes or more go to orjson, if there is one: see orjson_backend.
ORJSON_THRESHOLD = 256 * 1024

_WHITESPACE = " \t\n\r"
_BOM = "\ufeff"


class _NeedsSlowEncoder(Exception):
    """The fast encoder met something that only the exact one knows."""


def _refuse_unusual(_: object) -> object:
    raise _NeedsSlowEncoder


def _no_constant(name: str) -> object:
    # NaN and the infinities are no JSON; simplejson refuses them like any stray word.
    raise ValueError(name)


try:
    from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner

    class _Scan:
        """What make_scanner() takes its settings from."""

        strict = True
        object_hook = object_pairs_hook = array_hook = None
        parse_float = float
        parse_int = int
        parse_constant = staticmethod(_no_constant)

    _scan: "Callable[[str, int], tuple[Any, int]]" = make_scanner(_Scan)  # type: ignore[arg-type]

    def _encoder(ensure_ascii: bool) -> "Callable[[object, int], Iterable[str]]":
        escape = encode_basestring_ascii if ensure_ascii else encode_basestring
        # No markers: a circle ends in RecursionError, and then the exact encoder names it.
        return make_encoder(None, _refuse_unusual, escape, None, ": ", ", ", False, False, False)

except ImportError:  # an interpreter without the accelerators: the same in Python
    from json import JSONDecoder, JSONEncoder

    _scan = JSONDecoder(parse_constant=_no_constant).scan_once  # type: ignore[attr-defined]

    def _encoder(ensure_ascii: bool) -> "Callable[[object, int], Iterable[str]]":
        encoder = JSONEncoder(
            ensure_ascii=ensure_ascii,
            check_circular=False,
            allow_nan=False,
            default=_refuse_unusual,
        )
        return lambda value, _: encoder.iterencode(value)


class Marshaller:
    """JSON both ways; the form awslambdaric gives a payload, byte for byte.

    ``ensure_ascii``: escape everything beyond ASCII, as all environments before python3.12 do.
    """

    def __init__(self, ensure_ascii: bool = True) -> None:
        self.ensure_ascii = ensure_ascii
        self._encode = _encoder(ensure_ascii)

    def load(self, body: bytes | bytearray, content_type: str | None) -> "Any":
        """Return the event: the JSON value, or bytes when the content type is another one.

        A missing content type counts as JSON, which is what Lambda sends.

        :raises Fault: Runtime.UnmarshalError, the body is not JSON
        """
        if content_type != "application/json" and content_type is not None:
            return bytes(body)
        try:
            if len(body) >= ORJSON_THRESHOLD:
                fast = _load_orjson_backend()
                if fast is not None:
                    try:
                        return fast.loads(body)
                    except fast.FallbackToStdlib:
                        pass
            return self.loads(str(body, "utf-8"))
        except Exception as error:
            raise Fault(UNMARSHAL_ERROR, f"Unable to unmarshal input: {error}") from None

    def loads(self, text: str) -> "Any":
        """Return the value of one JSON text.

        :raises ValueError: it is not JSON; the message is simplejson's
        :raises RecursionError: it is nested too deep
        """
        start = 0
        if text[:1] not in "{[":
            start = len(text) - len(text.removeprefix(_BOM).lstrip(_WHITESPACE))
        try:
            value, end = _scan(text, start)
        except (StopIteration, ValueError, SystemError):
            # SystemError: up to Python 3.12 the scanner looks its exception up in json.decoder,
            # which has not been imported, and returns without one.
            from .json_errors import explain

            raise explain(text) from None
        if end != len(text) and text[end:].strip(_WHITESPACE):
            from .json_errors import explain

            raise explain(text)
        return value

    def dump(self, result: object) -> tuple[bytes, str]:
        """Return a result as bytes with its content type; bytes pass as they are.

        :raises Fault: Runtime.MarshalError, the result has no JSON form
        """
        if isinstance(result, bytes):
            return result, "application/unknown"
        try:
            return self.dumps(result), "application/json"
        except Exception as error:
            raise Fault(MARSHAL_ERROR, f"Unable to marshal response: {error}") from None

    def dumps(self, value: object) -> bytes:
        """Return the JSON text of a value, in UTF-8.

        :raises TypeError: something in it has no JSON form
        :raises ValueError: it contains itself, a NaN or an infinity
        :raises RecursionError: it is nested too deep
        """
        try:
            # marshal takes exact built-in types only: what it refuses may be a namedtuple, which
            # must become an object and which the C encoder would silently turn into an array.
            size = len(marshal.dumps(value))  # type: ignore[arg-type]  # or it raises
            if size >= ORJSON_THRESHOLD:
                fast = _load_orjson_backend()
                if fast is not None:
                    try:
                        large: bytes = fast.dumps(value)
                        return large
                    except fast.FallbackToStdlib:
                        pass
            text = "".join(self._encode(value, 0))
        except (_NeedsSlowEncoder, ValueError, TypeError, RecursionError):
            from .json_encoder import encode

            text = encode(value, self.ensure_ascii)
        # Only lone surrogates have no UTF-8; as escapes they are JSON and reach the caller.
        return text.encode("utf-8", "backslashreplace")


def _load_orjson_backend() -> "Any":
    """Return orjson_backend, or None when it cannot be loaded: no descriptor may be left for it."""
    try:
        from . import orjson_backend
    except Exception:
        return None
    return orjson_backend


def use_marshaller(marshaller: Marshaller) -> None:
    """Have events and results turned by ``marshaller`` instead; call it at import time.

    :param marshaller: an object with ``load(body, content_type)``, which returns the event for its
        bytes, and ``dump(result)``, which returns bytes and their content type; subclass
        :class:`Marshaller` to change one of them. What they raise fails the invocation.
    :raises TypeError: one of the two is missing
    """
    for name in ("load", "dump"):
        if not callable(getattr(marshaller, name, None)):
            raise TypeError(
                f"{marshaller!r} has no {name}(); a marshaller needs load() and dump()."
            )
    _chosen[:] = [marshaller]


def chosen_marshaller(default: Marshaller) -> Marshaller:
    """Return the function's own marshaller, or the default: for the runtime."""
    return _chosen[-1] if _chosen else default


_chosen: list[Marshaller] = []


class RawMarshaller(Marshaller):
    """Bodies as they are, for handlers that are not Python: the event's bytes in, bytes out."""

    def load(self, body: bytes | bytearray, _: str | None) -> bytes:
        """Return the event undecoded."""
        return bytes(body)
