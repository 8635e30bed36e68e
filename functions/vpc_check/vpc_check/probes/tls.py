"""TLS: a handshake that verifies, and the certificate that was shown.

PostgreSQL begins TLS only after a question in the clear.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time

from vpc_check.probes.certificate import Certificate, MalformedCertificate, read_certificate
from vpc_check.probes.lookup import SocketAddress
from vpc_check.probes.outcome import Outcome, of_error
from vpc_check.probes.stream import connect, receive, send
from vpc_check.target import Target

HANDSHAKE = "in the TLS handshake"
# OpenSSL's X509_V_ERR_… → word; its page "X509_STORE_CTX_get_error".
_VERIFY_CODES = {
    **dict.fromkeys((2, 18, 19, 20, 21, 24, 27, 79), "tls_authority"),
    **dict.fromkeys((9, 10), "tls_expired"),
    **dict.fromkeys((62, 64), "tls_name"),
}


def make_context() -> ssl.SSLContext:
    """Trust what clients here trust: the system's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


def handshake(
    connection: socket.socket,
    place: SocketAddress,
    target: Target,
    context: ssl.SSLContext,
    end: float,
) -> tuple[ssl.SSLSocket | None, Outcome]:
    """Put TLS on a connection; None, and the connection closed, if that fails."""
    if speaks_postgres(target):
        asked = ask_postgres_for_tls(connection, end)
        if asked.word != "ok":
            return None, asked
    wrapped = _wrap(connection, target, context)
    try:
        _shake(wrapped, end)
    except ssl.SSLCertVerificationError as error:
        wrapped.close()
        return None, _unverified(error, place, target, context, end)
    except OSError as error:
        wrapped.close()
        return None, of_error(error, HANDSHAKE, connected=True)
    return wrapped, Outcome("ok", f"{wrapped.version()}, {_verified(wrapped)}")


def _unverified(
    error: ssl.SSLCertVerificationError,
    place: SocketAddress,
    target: Target,
    context: ssl.SSLContext,
    end: float,
) -> Outcome:
    """Say why, and what the certificate is: asked for once more, with all checks off."""
    word = _VERIFY_CODES.get(error.verify_code, "tls_failed")
    said = (error.verify_message or str(error)).rstrip(".")
    if word == "tls_authority" and not context.cert_store_stats()["x509_ca"]:
        said += " (no authority at all is known here)"
    shown = _without_checks(place, target, end)
    if shown is None:
        return Outcome(word, said)
    if word == "tls_expired" and shown.valid(time.time()):
        said += " (not the server's own: one that it was issued by)"
    return Outcome(word, f"{said}; {shown.describe()}")


def _without_checks(place: SocketAddress, target: Target, end: float) -> Certificate | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over it: it only shows the certificate
    try:
        with connect(place, target.port, max(0.001, end - time.monotonic())) as connection:
            if speaks_postgres(target) and ask_postgres_for_tls(connection, end).word != "ok":
                return None
            with _wrap(connection, target, context) as wrapped:
                _shake(wrapped, end)
                return read_certificate(wrapped.getpeercert(binary_form=True) or b"")
    except (OSError, MalformedCertificate):
        return None


def _wrap(connection: socket.socket, target: Target, context: ssl.SSLContext) -> ssl.SSLSocket:
    # Neither the dot of an absolute name nor a scope is part of the name in TLS (RFC 6066).
    name = target.host.rstrip(".").partition("%")[0]
    return context.wrap_socket(connection, server_hostname=name, do_handshake_on_connect=False)


def _shake(wrapped: ssl.SSLSocket, end: float) -> None:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    wrapped.settimeout(left)
    wrapped.do_handshake()


def _verified(wrapped: ssl.SSLSocket) -> str:
    try:
        return read_certificate(wrapped.getpeercert(binary_form=True) or b"").describe()
    except MalformedCertificate as error:
        return f"a certificate that can't be described: {error}"


POSTGRES_PORTS = frozenset({5432, 5439, 6432})  # PostgreSQL, Redshift, PgBouncer
_POSTGRES_ENGINES = ("postgres ", "aurora-postgresql ")  # as targets that were discovered begin
# "PostgreSQL: Message Formats", SSLRequest: the length, and a number that is not a version.
_SSL_REQUEST = struct.pack(">2I", 8, 80877103)


def speaks_postgres(target: Target) -> bool:
    """Whether the target is a PostgreSQL server, by its port or by where it was found."""
    return target.port in POSTGRES_PORTS or target.about.startswith(_POSTGRES_ENGINES)


def ask_postgres_for_tls(connection: socket.socket, end: float) -> Outcome:
    """Ask for TLS; ok means that the handshake may begin."""
    try:
        send(connection, _SSL_REQUEST, end)
        # One byte: what follows is the handshake's, and nothing may be injected before it.
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
