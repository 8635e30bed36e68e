"""TLS: a handshake that verifies, and the certificate that was shown."""

from __future__ import annotations

import socket
import ssl
import time

from vpc_check.probes import certificate, der, postgres
from vpc_check.probes.certificate import Certificate
from vpc_check.probes.lookup import Place
from vpc_check.probes.outcome import Outcome, of_error
from vpc_check.probes.stream import connect
from vpc_check.target import Target

HANDSHAKE = "in the TLS handshake"
# OpenSSL's X509_V_ERR_… → word; its page "X509_STORE_CTX_get_error".
_VERIFY_CODES = {
    **dict.fromkeys((2, 18, 19, 20, 21, 24, 27, 79), "tls_authority"),
    **dict.fromkeys((9, 10), "tls_expired"),
    **dict.fromkeys((62, 64), "tls_name"),
}


def trusting() -> ssl.SSLContext:
    """Trust what clients here trust: the system's authorities, or those of SSL_CERT_FILE."""
    return ssl.create_default_context()


def secure(
    connection: socket.socket, place: Place, target: Target, context: ssl.SSLContext, end: float
) -> tuple[ssl.SSLSocket | None, Outcome]:
    """Put TLS on a connection; None, and the connection closed, if that fails."""
    if postgres.speaks(target):
        asked = postgres.ask_for_tls(connection, end)
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
    place: Place,
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


def _without_checks(place: Place, target: Target, end: float) -> Certificate | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent over it: it only shows the certificate
    try:
        with connect(place, target.port, max(0.001, end - time.monotonic())) as connection:
            if postgres.speaks(target) and postgres.ask_for_tls(connection, end).word != "ok":
                return None
            with _wrap(connection, target, context) as wrapped:
                _shake(wrapped, end)
                return certificate.read(wrapped.getpeercert(binary_form=True) or b"")
    except (OSError, der.Malformed):
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
        return certificate.read(wrapped.getpeercert(binary_form=True) or b"").describe()
    except der.Malformed as error:
        return f"a certificate that can't be described: {error}"
