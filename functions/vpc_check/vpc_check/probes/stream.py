"""Sockets with a deadline: a TCP connection, what a server says unasked, and a UDP question."""

from __future__ import annotations

import re
import socket
import struct
import time

from vpc_check.probes.limits import LISTEN_S
from vpc_check.probes.lookup import SocketAddress
from vpc_check.probes.outcome import Outcome, of_error

# struct tcp_info of Linux: u32 tcpi_total_retrans.
_RETRANSMITTED = 100


def connect(place: SocketAddress, port: int, limit_s: float) -> socket.socket:
    """Return a connection. Raises OSError, TimeoutError among them, and leaves nothing open."""
    connection = socket.socket(place.family, socket.SOCK_STREAM)
    try:
        connection.settimeout(limit_s)
        connection.connect(place.at(port))
    except BaseException:
        connection.close()
        raise
    return connection


def receive(connection: socket.socket, most: int, end: float) -> bytes:
    """Return what comes next, b"" at the end. Raises OSError; TimeoutError at `end`."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
    return connection.recv(most)


def send(connection: socket.socket, data: bytes, end: float) -> None:
    """Send all of it. Raises OSError; TimeoutError at `end`."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)
    connection.sendall(data)


def repeated(connection: socket.socket) -> int:
    """How many packets the kernel had to send again so far."""
    option = getattr(socket, "TCP_INFO", None)
    if option is None:
        return 0
    info = connection.getsockopt(socket.IPPROTO_TCP, option, _RETRANSMITTED + 4)
    if len(info) < _RETRANSMITTED + 4:
        return 0
    return int(struct.unpack_from("=I", info, _RETRANSMITTED)[0])


# Servers that refuse this client at once: Redis's protected mode and its limit of
# clients; MySQL's error packet (its protocol's ERR_Packet: length, number 0, 0xff, code); SMTP
# (RFC 5321 section 3.1: 554 instead of a greeting, 421 for not now).
_REFUSING_BANNERS = (
    re.compile(rb"-(DENIED [^\r\n]*|ERR max number of clients reached)"),
    re.compile(rb"(?s)...\x00\xff..(.+)"),
    re.compile(rb"((?:554|421)[ -][^\r\n]*)"),
)


def read_banner(connection: socket.socket, end: float, *, may_end: bool) -> Outcome:
    """Wait a moment for an end, an RST or a refusal; silence is fine. Raises OSError.

    :param may_end: whether an end is normal
    """
    try:
        said = receive(connection, 512, min(end, time.monotonic() + LISTEN_S))
    except TimeoutError:
        return Outcome("ok", "connected")
    if not said:
        word = "ok" if may_end else "reset"
        return Outcome(word, "closed by the other side right after the connection")
    for refusal in _REFUSING_BANNERS:
        if match := refusal.match(said):
            return Outcome("denied", f"the server says {_decode(match.group(1))}")
    return Outcome("ok", "connected, and the server speaks first")


def _decode(said: bytes) -> str:
    return said.decode("utf-8", "replace").strip()[:120]


UDP_SENDINGS = 2  # datagrams get lost
# A query for the name servers of the root, recursion desired (RFC 1035 section 4.1): every server
# answers it, be it with a refusal. The id is fixed: the socket is connected and nothing believed.
_DNS = struct.pack(">6H", 0x5350, 0x0100, 1, 0, 0, 0) + b"\x00" + struct.pack(">2H", 2, 1)
_NTP = b"\x23" + bytes(47)  # version 4, client (RFC 5905 section 7.3)
# IP_RECVERR and IPV6_RECVERR of Linux's ip(7): without them "host unreachable" is kept from us.
_RECEIVE_ERRORS = {
    socket.AF_INET: (socket.IPPROTO_IP, 11),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 25),
}
# port → (its protocol, a question that every server of it answers)
UDP_QUESTIONS = {53: ("DNS", _DNS), 123: ("NTP", _NTP)}


def probe_udp(place: SocketAddress, port: int, limit_s: float) -> Outcome:
    """Send the port's question, or nothing in a datagram, and wait for an answer."""
    protocol, question = UDP_QUESTIONS.get(port, ("", b""))
    try:
        with socket.socket(place.family, socket.SOCK_DGRAM) as connection:
            connection.setsockopt(*_RECEIVE_ERRORS[place.family], 1)
            connection.connect(place.at(port))
            size = _exchange(connection, question, limit_s)
    except OSError as error:
        return of_error(error, "to a datagram", connected=False)
    if size is not None:
        return Outcome("ok", f"an answer of {size} bytes" + (f", {protocol}" if protocol else ""))
    if protocol:
        return Outcome("dropped", f"no answer to {UDP_SENDINGS} questions in {protocol}")
    return Outcome("sent", f"{UDP_SENDINGS} empty datagrams, nothing back")


def _exchange(connection: socket.socket, question: bytes, limit_s: float) -> int | None:
    """The length of the first answer; None when there is none in time."""
    end = time.monotonic() + limit_s
    for number in range(1, UDP_SENDINGS + 1):
        connection.send(question)
        connection.settimeout(max(0.001, (end - time.monotonic()) * number / UDP_SENDINGS))
        try:
            return len(connection.recv(4096))
        except TimeoutError:
            continue
    return None
