"""Servers that misbehave, all in one process: run in the server's namespace, ends with its stdin.

Each port of TCP does one thing. It writes a line when all of them listen.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

HOLDS, RESETS, CLOSES, SPEAKS, MYSQL, SMTP, SHAKES_AND_RESETS, WANTS_CERTIFICATE = range(7001, 7009)
SILENT_UDP, ECHOES_UDP = 7021, 7022
DNS = 53
NTP = 123
_LINGER = struct.pack("ii", 1, 0)  # close() sends RST
_MYSQL_ERROR = b"Host '10.77.1.2' is not allowed to connect to this MySQL server"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    writer.transport.abort()


async def read_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(64)
    await reset(reader, writer)


async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


def say(text: bytes) -> Serve:
    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await hold(reader, writer)

    return said


A, AAAA = 1, 28
ZONE: dict[str, dict[int, list[str]]] = {
    "web.test": {A: ["10.77.2.2"], AAAA: ["fd77:2::2"]},
    "four.test": {A: ["10.77.2.2"]},
    "six.test": {AAAA: ["fd77:2::2"]},
    "far.test": {A: ["10.77.2.2"], AAAA: ["2001:db8::1"]},
    "partly.test": {A: ["10.77.2.2", "10.77.2.3", "10.77.2.4"]},
    "many.test": {A: [f"10.77.66.{number}" for number in range(101, 109)]},
    "empty.test": {},
}


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.reply(b"echo" + data, addr)

    def reply(self, data: bytes, addr: object) -> None:
        self.transport.sendto(data, addr)


class Names(Echo):
    """A DNS server (RFC 1035 section 4) of ZONE."""

    OK, SERVER_FAILURE, NO_SUCH_NAME = 0, 2, 3

    def datagram_received(self, data: bytes, addr: object) -> None:
        labels, at = [], 12
        while length := data[at]:
            labels.append(data[at + 1 : at + 1 + length].decode())
            at += 1 + length
        question = data[12 : at + 5]
        kind = int.from_bytes(data[at + 1 : at + 3], "big")
        name = ".".join(labels).lower()
        if name == "silent.test":
            return
        known = name in ZONE
        code = self.SERVER_FAILURE if name == "failing.test" else self.NO_SUCH_NAME
        records = b"".join(
            struct.pack(">3HIH", 0xC00C, kind, 1, 60, len(packed)) + packed
            for packed in (_packed(each) for each in ZONE.get(name, {}).get(kind, []))
        )
        count = len(ZONE.get(name, {}).get(kind, []))
        flags = 0x8580 | (self.OK if known else code)
        head = data[:2] + struct.pack(">5H", flags, 1, count, 0, 0)
        self.reply(head + question + records, addr)


def _packed(address: str) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address)


def demand_certificates(folder: Path) -> None:
    """Refuse each client by TLS 1.3's alert; asyncio would cut the connection without it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "good.pem", folder / "good.key")
    context.load_verify_locations(folder / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = socket.create_server(("", WANTS_CERTIFICATE))
    while True:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            try:
                # A copy of the socket: that of ssl is closed when the handshake fails.
                context.wrap_socket(connection.dup(), True).close()
            except ssl.SSLError:
                connection.shutdown(socket.SHUT_WR)
                connection.recv(65536)  # what is unread at a close turns it into RST


async def main(folder: Path) -> None:
    tcp: dict[int, Serve] = {
        HOLDS: hold,
        RESETS: reset,
        CLOSES: close,
        SPEAKS: say(b"SSH-2.0-Test\r\n"),
        MYSQL: say(struct.pack("<I", len(_MYSQL_ERROR) + 3) + b"\xff\x6a\x04" + _MYSQL_ERROR),
        SMTP: say(b"554 5.7.1 go away\x1b[31m\r\n"),
        SHAKES_AND_RESETS: read_and_reset,
        **dict.fromkeys(range(9001, 9007), hold),  # behind the router's rules
    }
    loop = asyncio.get_running_loop()
    for port, serve in tcp.items():
        await asyncio.start_server(serve, None, port)
    Thread(target=demand_certificates, args=(folder,), daemon=True).start()
    for port, protocol in {
        SILENT_UDP: asyncio.DatagramProtocol,
        NTP: asyncio.DatagramProtocol,
        ECHOES_UDP: Echo,
        DNS: Names,
    }.items():
        await loop.create_datagram_endpoint(protocol, ("0.0.0.0", port))
    print("listening", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
