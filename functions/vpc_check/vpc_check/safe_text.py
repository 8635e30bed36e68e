"""Text from outside, made safe to show: no control characters, and no credentials.

Names, reasons and certificates come from AWS, from servers and from events. Shown raw, they could
move a terminal's cursor, forge a line of a report, or put a password into a log.
"""

from __future__ import annotations

import re
from typing import Any

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://")
_QUERY_VALUE = re.compile(r"(?<==)[^&#]+")
_PORT = re.compile(r"\d{0,5}\]?")
MASK = "***"


def clean(text: str) -> str:
    """Replace white space by blanks, and other characters that cannot be printed by "?"."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else " " if each in "\t\n\r" else "?" for each in text
    )


def clean_all(value: Any) -> Any:
    """Clean every text in a JSON value, keys included."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean_all(key): clean_all(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([clean_all(each) for each in value])
    return value


def describe_target(value: object) -> str:
    """Name a target that could not be read, by its scheme and host at most.

    A password may hold any character, so that nothing is certain about what surrounds an "@":
    then only the scheme is shown. What follows the host is never shown.
    """
    if not isinstance(value, str):
        return describe_value(value)
    scheme = _SCHEME.match(value)
    begin = scheme.group() if scheme else ""
    rest = value[len(begin) :]
    if "@" in rest:
        return repr(f"{begin}{MASK}")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    host, colon, port = authority.rpartition(":")
    if colon and not _PORT.fullmatch(port):
        authority = f"{host}:{MASK}"
    tail = "/…" if len(authority) < len(rest.rstrip("/")) else ""
    return repr(clean(f"{begin}{authority[:80]}{tail}"))


def describe_value(value: object) -> str:
    """Name a value of an event in an error: short, and without what may be a credential."""
    if isinstance(value, str):
        return describe_target(value) if "@" in value or "/" in value else repr(clean(value[:80]))
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return f"a {type(value).__name__}"


def mask_query(path: str) -> str:
    """Replace the values of a query by a mask: they may be tokens and signatures."""
    before, mark, query = path.partition("?")
    if not mark:
        return before
    masked = _QUERY_VALUE.sub(MASK, query)
    return f"{before}?{masked if '=' in query else MASK}"


def mask_url(url: str) -> str:
    """Mask the credentials and the query's values of a URL that a server sent."""
    scheme = _SCHEME.match(url)
    begin = scheme.group() if scheme else ""
    rest = mask_query(url[len(begin) :])
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        authority = f"{MASK}@{authority.rpartition('@')[2]}"
    return f"{begin}{authority}{slash}{path}"
