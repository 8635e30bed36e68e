"""HTTP: one request, and the head of its answer."""

from __future__ import annotations

import re
import socket
from urllib.parse import quote

from vpc_check.probes.outcome import Outcome
from vpc_check.probes.stream import receive, send
from vpc_check.safe_text import mask_url
from vpc_check.target import DEFAULT_PORTS, Target

MOST_HEAD = 32_768
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([^\r\n]*))?\r?$")
_ENOUGH = re.compile(rb"\r?\n\r?\n")
_PATH_CHARACTERS = "/%:=&?~+!$,;'@()*[]-._"


def request(connection: socket.socket, target: Target, end: float) -> Outcome:
    """Get the target's path; the body is not read. Raises OSError."""
    send(connection, _question(target), end)
    head = b""
    while True:
        ended = _ENOUGH.search(head)
        if ended is not None and _status(head) in range(100, 200):
            head = head[ended.end() :]  # an interim answer (RFC 9110 section 15.2)
            continue
        if ended is not None or len(head) >= MOST_HEAD or not _begins(head):
            return _judge(head)
        more = receive(connection, 8192, end)
        if not more:
            return _judge(head) if head else Outcome("reset", "closed instead of an answer")
        head += more


def _question(target: Target) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    named = host if target.port == DEFAULT_PORTS[target.protocol] else f"{host}:{target.port}"
    lines = (
        f"GET {quote(target.path, safe=_PATH_CHARACTERS)} HTTP/1.1",
        f"Host: {quote(named, safe=':[]')}",
        "User-Agent: vpc_check",
        "Accept: */*",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode()


def _begins(head: bytes) -> bool:
    """Whether it may still become an answer of HTTP/1."""
    return head.startswith(b"HTTP/1."[: len(head)])


def _status(head: bytes) -> int:
    match = _STATUS.match(head.split(b"\n", 1)[0])
    return int(match.group(1)) if match else 0


def _judge(head: bytes) -> Outcome:
    line = head.split(b"\n", 1)[0]
    match = _STATUS.match(line)
    if match is None:
        if head[:1] in (b"\x15", b"\x16"):
            return Outcome("failed", "what answers there is TLS: write https://")
        return Outcome("failed", f"what answers there is no HTTP/1: {line[:40]!r}")
    status = int(match.group(1))
    said = f"{status} {(match.group(2) or b'').decode('latin-1')}".strip()
    for name in ("x-amzn-errortype", "location"):
        if value := _header(head, name):
            said += f", {name}: {mask_url(value)[:120]}"
    if status in (401, 403):
        return Outcome("denied", said)
    return Outcome("http_status" if status >= 400 else "ok", said)


def _header(head: bytes, name: str) -> str:
    match = re.search(rb"(?im)^" + name.encode() + rb":[ \t]*([^\r\n]*)", head)
    return match.group(1).decode("latin-1").strip() if match else ""
