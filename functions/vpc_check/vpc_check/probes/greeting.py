"""What a TCP server says or does right after the connection, unasked."""

from __future__ import annotations

import re
import socket
import time

from vpc_check.probes.limits import LISTEN_S
from vpc_check.probes.outcome import Outcome
from vpc_check.probes.stream import receive

# Servers that say at once that they want nobody from here: Redis's protected mode and its limit of
# clients; MySQL's error packet (its protocol's ERR_Packet: length, number 0, 0xff, code); SMTP
# (RFC 5321 section 3.1: 554 instead of a greeting, 421 for not now).
_REFUSALS = (
    re.compile(rb"-(DENIED [^\r\n]*|ERR max number of clients reached)"),
    re.compile(rb"(?s)...\x00\xff..(.+)"),
    re.compile(rb"((?:554|421)[ -][^\r\n]*)"),
)


def listen(connection: socket.socket, end: float, *, may_end: bool) -> Outcome:
    """Wait a moment for an end, an RST or a refusal; silence is fine. Raises OSError.

    :param may_end: an end is no fault
    """
    try:
        said = receive(connection, 512, min(end, time.monotonic() + LISTEN_S))
    except TimeoutError:
        return Outcome("ok", "connected")
    if not said:
        word = "ok" if may_end else "reset"
        return Outcome(word, "closed by the other side right after the connection")
    for refusal in _REFUSALS:
        if match := refusal.match(said):
            return Outcome("denied", f"the server says {_text(match.group(1))}")
    return Outcome("ok", "connected, and the server speaks first")


def _text(said: bytes) -> str:
    return said.decode("utf-8", "replace").strip()[:120]
