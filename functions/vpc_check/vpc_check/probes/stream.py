"""A TCP connection with a deadline."""

from __future__ import annotations

import socket
import struct
import time

from vpc_check.probes.lookup import Place

# struct tcp_info of Linux: u32 tcpi_total_retrans.
_RETRANSMITTED = 100


def connect(place: Place, port: int, limit_s: float) -> socket.socket:
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
