"""Heads of HTTP/1.1 messages: the path of a request, the status and headers of a reply.

Rules: RFC 9112 sections 4 and 5.
"""

from .errors import RemoteProtocolError


def request_id_path(request_id: str) -> str:
    """Return the request id as one path segment, percent-encoded (RFC 3986 section 2.1).

    >>> request_id_path("a/b c")
    'a%2Fb%20c'
    """
    if request_id.replace("-", "").isalnum() and request_id.isascii():
        return request_id
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    raw = request_id.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in raw)


def safe_value(value: str) -> str:
    r"""Return a field value without line ends and NUL, each replaced by a blank (RFC 9110 5.5).

    Kept, they would end the header where it is sent on, and begin another.

    >>> safe_value("a\r\nX-Evil: 1")
    'a  X-Evil: 1'
    """
    if value.isprintable():
        return value
    return value.replace("\r", " ").replace("\n", " ").replace("\0", " ")


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return status and headers of a reply's head (without the empty line).

    :raises RemoteProtocolError: no status line, a folded or nameless header, two different lengths
    """
    # Values may carry UTF-8 (the client context does); odd bytes survive as surrogates.
    lines = str(head, "utf-8", "surrogateescape").split("\r\n")
    status_line = lines[0]
    code = status_line[9:12]
    if not (status_line.startswith("HTTP/1.") and _is_status(code)):
        raise RemoteProtocolError(f"expected an HTTP/1.1 reply, got {status_line[:80]!r}.")
    del lines[0]
    headers = _headers(lines)
    # HTTP/1.0 peers close after each reply unless they say otherwise.
    if status_line[7] == "0":
        headers.setdefault("connection", "close")
    return int(code), headers


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name:
            raise RemoteProtocolError(f"malformed header line {line[:80]!r} in a reply.")
        if not name.isprintable() or " " in name:
            # A folded line, and a blank before the colon: RFC 9112 sections 5.2 and 5.1.
            raise RemoteProtocolError(f"malformed header name {name[:80]!r} in a reply.")
        name = name.lower()
        value = safe_value(value).strip(" \t")
        if name == "content-length" and headers.get(name, value) != value:
            raise RemoteProtocolError("a reply carries two different Content-Length headers.")
        headers[name] = value
    return headers


def _is_status(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isdecimal() and code[0] in "12345"
