"""Large payloads through orjson, where the function's image has it.

Only where the value is certainly the same as with the standard library; whatever may differ (an
integer beyond 64 bits, a NaN, any fault) is left to the usual way. Small payloads never come here:
importing orjson costs more than they could save. Its output is compact and in UTF-8.
"""

import gc

from .._process.operator_log import log_to_operator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# Every digit becomes 0, so that a long run of digits is found by one search.
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
# The first version that limits the depth of what it decodes: 100,000 nested objects overflow the
# stack of an older one, which kills the process. Source: CVE-2024-27454.
_OLDEST = (3, 9, 15)
# orjson turns integers beyond 64 bits, which have 19 digits at least, into floats.
_LONG = b"0" * 19


class FallbackToStdlib(Exception):
    """orjson is not there, or its result might differ."""


class _Lookup:
    """orjson, looked for once."""

    module: "ModuleType | None" = None
    looked = False


def loads(body: bytes | bytearray) -> "Any":
    """Return the value of a large JSON text.

    :raises FallbackToStdlib: decode it otherwise
    """
    orjson = _find_orjson()
    if _LONG in body.translate(_DIGITS):
        raise FallbackToStdlib
    try:
        return orjson.loads(body)
    except ValueError:
        # The usual parser finds the fault again and has the words for it.
        raise FallbackToStdlib from None


def dumps(value: object) -> bytes:
    """Return the JSON text of a large value of exact built-in types.

    :raises FallbackToStdlib: encode it otherwise
    """
    orjson = _find_orjson()
    try:
        text: bytes = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise FallbackToStdlib from None
    # NaN and the infinities become null, silently.
    if b"null" in text and not _is_finite(value):
        raise FallbackToStdlib
    return text


def _is_finite(value: object) -> bool:
    """Return whether all floats in a value are finite; False may also mean that it is not sure."""
    level = [value]
    while level:
        total = sum(each for each in level if type(each) is float)
        if total - total != 0:
            return False
        # The collector's view of containers walks dicts and lists at the speed of C.
        level = gc.get_referents(*level)
    return True


def _find_orjson() -> "ModuleType":
    if not _Lookup.looked:
        _Lookup.looked = True
        try:
            import orjson
        except ImportError:
            pass
        else:
            if _is_safe(orjson):
                _Lookup.module = orjson
    if _Lookup.module is None:
        raise FallbackToStdlib
    return _Lookup.module


def _is_safe(orjson: "ModuleType") -> bool:
    """Return whether orjson is recent enough; an older one is logged, with the remedy."""
    version = getattr(orjson, "__version__", None)
    if _version_numbers(version) >= _OLDEST:
        return True
    log_to_operator(
        f"orjson {version or 'of an unknown version'} is not used for large payloads: deeply "
        "nested JSON makes versions before 3.9.15 crash. Install orjson>=3.9.15 in the image."
    )
    return False


def _version_numbers(version: object) -> tuple[int, ...]:
    """Return the numbers that a version begins with: 3.10.0rc1 gives (3, 10, 0)."""
    numbers: list[int] = []
    for part in str(version).split("."):
        digits = len(part) - len(part.lstrip("0123456789"))
        # No version has so long a number, and int() refuses longer ones.
        if not 0 < digits < 10:
            break
        numbers.append(int(part[:digits]))
        if digits < len(part):
            break
    return tuple(numbers)
