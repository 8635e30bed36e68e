"""The exact encoder: simplejson's treatment of every type, for what the C encoder lacks."""

import sys

try:
    from _json import encode_basestring, encode_basestring_ascii
except ImportError:
    from json.encoder import encode_basestring, encode_basestring_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NOT_COMPLIANT = "Out of range float values are not JSON compliant"
# Parsing Python's own form of a result gives every NaN and infinity to parse_constant.
_NULL_REMEDY = (
    "To send null instead, return json.loads(json.dumps(result, default=float), "
    "parse_constant=lambda _: None)"
)
_MAX_KEY_CHARS = 60

_FLOAT_NAMES = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def encode(value: object, ensure_ascii: bool) -> str:
    """Return the JSON text that simplejson gives a value.

    Objects with an ``_asdict()`` become objects, bytes UTF-8 text, Decimals numbers with their
    digits. Other than simplejson, NaN and the infinities are refused: they are no JSON.

    :raises TypeError: a value or key without a JSON form
    :raises ValueError: a circle, a NaN or an infinity
    :raises RecursionError: nested too deep
    """
    out: list[str] = []
    escape = encode_basestring_ascii if ensure_ascii else encode_basestring
    try:
        _Encoder(out.append, escape).write(value)
    except _NotCompliant as found:
        raise ValueError(found.message()) from None
    return "".join(out)


class _NotCompliant(Exception):
    """A NaN or an infinity, and the keys and indexes that lead to it, innermost first."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.steps: list[str] = []

    def message(self) -> str:
        """Return what is wrong, where, and what to do."""
        place = "$" + "".join(reversed(self.steps))
        return f"{NOT_COMPLIANT}: {self.value} at {place}. {_NULL_REMEDY}"


class _Encoder:
    def __init__(self, put: "Callable[[str], None]", escape: "Callable[[str], str]") -> None:
        self.put = put
        self.escape = escape
        self.open: set[int] = set()

    def write(self, value: object) -> None:
        text = self._scalar(value)
        if text is not None:
            self.put(text)
            return
        if id(value) in self.open:
            raise ValueError("Circular reference detected")
        self.open.add(id(value))
        fields = _fields(value)
        if fields is not None:
            self._object(fields)
        elif isinstance(value, list | tuple):
            self._array(value)
        elif isinstance(value, dict):
            self._object(value)
        else:
            self.put(_decimal(value))
        self.open.discard(id(value))

    def _scalar(self, value: object) -> str | None:
        if value is None:
            return "null"
        if value is True:
            return "true"
        if value is False:
            return "false"
        if isinstance(value, str):
            return self.escape(value)
        if isinstance(value, bytes):
            return self.escape(str(value, "utf-8"))
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return _float(value)
        return None

    def _array(self, values: "list[object] | tuple[object, ...]") -> None:
        separator = "["
        for index, value in enumerate(values):
            self.put(separator)
            try:
                self.write(value)
            except _NotCompliant as found:
                found.steps.append(f"[{index}]")
                raise
            separator = ", "
        self.put("]" if separator == ", " else "[]")

    def _object(self, mapping: dict[object, object]) -> None:
        separator = "{"
        for key, value in mapping.items():
            name = _key(key)
            self.put(f"{separator}{self.escape(name)}: ")
            try:
                self.write(value)
            except _NotCompliant as found:
                found.steps.append(_step(name))
                raise
            separator = ", "
        self.put("}" if separator == ", " else "{}")


def _step(name: str) -> str:
    """Return a member's name as a step of a path: .price, or ["unit price"]."""
    if len(name) > _MAX_KEY_CHARS:
        name = name[:_MAX_KEY_CHARS] + "…"
    return f".{name}" if name.isidentifier() else f"[{encode_basestring(name)}]"


def _float(value: float) -> str:
    text = float.__repr__(value)
    if text in _FLOAT_NAMES:
        raise _NotCompliant(text)
    return text


def _fields(value: object) -> dict[object, object] | None:
    method = getattr(value, "_asdict", None)
    if not callable(method):
        return None
    try:
        fields = method()
    except TypeError:
        # A namedtuple's class has the method, too, but no instance to call it on.
        return None
    if not isinstance(fields, dict):
        raise TypeError(f"_asdict() must return a dict, not {type(fields).__name__}")
    return fields


def _decimal(value: object) -> str:
    # No value can be a Decimal before its module has been imported.
    decimal = sys.modules.get("decimal")
    if decimal is None or not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    if not value.is_finite():
        raise _NotCompliant(value)
    return str(value)


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return str(key, "utf-8")
    if isinstance(key, float):
        # As a key even a NaN is a string, and so it is JSON.
        return _FLOAT_NAMES.get(float.__repr__(key), float.__repr__(key))
    if key is True:
        return "true"
    if key is False:
        return "false"
    if key is None:
        return "null"
    if isinstance(key, int):
        return int.__repr__(key)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
