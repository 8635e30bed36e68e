"""Continuation tokens: where a piece of work goes on, as one string.

A token is ``sf1.<check>.<position>``: the format, the CRC-32 of the last part in hexadecimal, and
the JSON of [name, position] in base64url without padding (RFC 4648 section 5). So it passes
unchanged through queues, URLs and JSON, and one that was cut, or comes from elsewhere, is
recognised. The check is no signature: a position deserves as much trust as any event.
"""

import binascii

from ..marshal import Marshaller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# EventBridge entries, Step Functions states and SQS messages carry 256 KiB; this leaves room for
# what travels with it.
MAX_TOKEN = 192 * 1024

_FORMAT = "sf1"
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_REMEDY = "Pass it on as it was returned, or leave it out to start from the beginning."


class ContinuationError(ValueError):
    """A continuation token cannot be read, or a position cannot be made into one.

    The message names the token or position, what is wrong with it, and what to do.
    """


def encode(name: str, position: "Any") -> str:
    """Return the token of a position.

    :param name: the work that it belongs to
    :param position: any JSON value
    :raises ContinuationError: the position has no JSON form, or the token would be longer than
        MAX_TOKEN characters
    """
    try:
        data = Marshaller().dumps([name, position])
    except (TypeError, ValueError, RecursionError) as error:
        raise ContinuationError(
            f"the position {_shown(position)} cannot become a continuation token: {error}. Let key "
            "return a JSON value that says where to go on: an id, a page's token, a date as text."
        ) from None
    text = binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")
    token = f"{_FORMAT}.{binascii.crc32(text):08x}.{text.decode()}"
    if len(token) > MAX_TOKEN:
        raise ContinuationError(
            f"the position {_shown(position)} makes a continuation token of {len(token):,} "
            f"characters; {MAX_TOKEN:,} is the limit. Keep in it only where to go on, and the rest "
            "in S3 or DynamoDB."
        )
    return token


def decode(name: str, token: object) -> "Any":
    """Return the position in a token.

    :param name: the work that asks
    :raises ContinuationError: it is damaged, or no token of this format and of this work
    """
    if not isinstance(token, str):
        raise _error(token, f"is a value of type {type(token).__name__}, not a string")
    kind, _, rest = token.partition(".")
    check, _, text = rest.partition(".")
    if kind != _FORMAT:
        if kind.startswith("sf") and kind[2:].isdecimal():
            raise _error(token, f"has the format {kind}; this version of surefoot reads {_FORMAT}")
        raise _error(token, "was not made by surefoot")
    raw = text.encode("utf-8", "replace")
    if check != f"{binascii.crc32(raw):08x}":
        raise _error(token, "is damaged: it was cut or changed on its way")
    try:
        data = binascii.a2b_base64(raw.translate(_FROM_URL) + b"=" * (-len(raw) % 4))
        owner, position = Marshaller().loads(str(data, "utf-8"))
    except (ValueError, TypeError, RecursionError):
        raise _error(token, "was not made by surefoot, although its check is right") from None
    if owner != name:
        raise _error(token, f"belongs to the work {owner!r}, not to {name!r}")
    return position


def _error(token: object, reason: str) -> ContinuationError:
    return ContinuationError(f"the continuation token {_shown(token)} {reason}. {_REMEDY}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
