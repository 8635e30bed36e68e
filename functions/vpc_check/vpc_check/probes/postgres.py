"""PostgreSQL: TLS begins after a question in the clear."""

from __future__ import annotations

import socket
import struct

from vpc_check.probes.outcome import Outcome, of_error
from vpc_check.probes.stream import receive, send
from vpc_check.target import Target

PORTS = frozenset({5432, 5439, 6432})  # PostgreSQL, Redshift, PgBouncer
_ENGINES = ("postgres ", "aurora-postgresql ")  # as targets that were discovered begin
# "PostgreSQL: Message Formats", SSLRequest: the length, and a number that is no version.
_SSL_REQUEST = struct.pack(">2I", 8, 80877103)


def speaks(target: Target) -> bool:
    """Whether the target is a PostgreSQL server, by its port or by where it was found."""
    return target.port in PORTS or target.about.startswith(_ENGINES)


def ask_for_tls(connection: socket.socket, end: float) -> Outcome:
    """Ask for TLS; ok means that the handshake may begin."""
    try:
        send(connection, _SSL_REQUEST, end)
        # One byte: what follows is the handshake's, and nobody may slip in anything before it.
        answer = receive(connection, 1, end)
    except OSError as error:
        return of_error(error, "to SSLRequest", connected=True)
    if answer == b"S":
        return Outcome("ok")
    if answer == b"N":
        return Outcome("tls_failed", "PostgreSQL says that it does no TLS (ssl = off)")
    if not answer:
        return Outcome("reset", "closed by the other side after SSLRequest")
    return Outcome("tls_failed", "what answers SSLRequest is no PostgreSQL")
