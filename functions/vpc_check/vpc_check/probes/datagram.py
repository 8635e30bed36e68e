"""UDP: a datagram, and what comes back."""

from __future__ import annotations

import socket
import struct
import time

from vpc_check.probes.lookup import Place
from vpc_check.probes.outcome import Outcome, of_error

SENDINGS = 2  # datagrams get lost
# A query for the name servers of the root, recursion desired (RFC 1035 section 4.1): every server
# answers it, be it with a refusal. The id is fixed: the socket is connected and nothing believed.
_DNS = struct.pack(">6H", 0x5350, 0x0100, 1, 0, 0, 0) + b"\x00" + struct.pack(">2H", 2, 1)
_NTP = b"\x23" + bytes(47)  # version 4, client (RFC 5905 section 7.3)
# IP_RECVERR and IPV6_RECVERR of Linux's ip(7): without them "host unreachable" is kept from us.
_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
# port → (its protocol, a question that every server of it answers)
QUESTIONS = {53: ("DNS", _DNS), 123: ("NTP", _NTP)}


def ask(place: Place, port: int, limit_s: float) -> Outcome:
    """Send the port's question, or nothing in a datagram, and wait for an answer."""
    protocol, question = QUESTIONS.get(port, ("", b""))
    try:
        with socket.socket(place.family, socket.SOCK_DGRAM) as connection:
            connection.setsockopt(*_ERRORS[place.family], 1)
            connection.connect(place.at(port))
            size = _exchange(connection, question, limit_s)
    except OSError as error:
        return of_error(error, "to a datagram", connected=False)
    if size is not None:
        return Outcome("ok", f"an answer of {size} bytes" + (f", {protocol}" if protocol else ""))
    if protocol:
        return Outcome("dropped", f"no answer to {SENDINGS} questions in {protocol}")
    return Outcome("sent", f"{SENDINGS} empty datagrams, nothing back")


def _exchange(connection: socket.socket, question: bytes, limit_s: float) -> int | None:
    """The length of the first answer; None when there is none in time."""
    end = time.monotonic() + limit_s
    for number in range(1, SENDINGS + 1):
        connection.send(question)
        connection.settimeout(max(0.001, (end - time.monotonic()) * number / SENDINGS))
        try:
            return len(connection.recv(4096))
        except TimeoutError:
            continue
    return None
