"""One probe of one address: the steps of its protocol, until one fails."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from vpc_check.probes import http
from vpc_check.probes.limits import SHORTEST_STEP_S
from vpc_check.probes.lookup import SocketAddress
from vpc_check.probes.outcome import Outcome, of_error
from vpc_check.probes.stream import connect, probe_udp, read_banner, repeated
from vpc_check.target import Target

if TYPE_CHECKING:
    import ssl

_DURING = {
    "tcp": "after connecting",
    "tls": "after the TLS handshake",
    "http": "to the request",
    "https": "to the request",
}
SECURE = frozenset({"tls", "https"})  # protocols that need a context of ssl


def attempt(
    target: Target, place: SocketAddress, step_s: float, end: float, context: ssl.SSLContext | None
) -> Outcome:
    """Probe an address; connecting, and what follows, take `step_s` seconds each at most.

    :param end: time.monotonic() by which it is over in any case
    :param context: what to trust; for protocols of SECURE
    """
    left = end - time.monotonic()
    if left <= 0:
        return Outcome("not_tried", "no time was left")
    limit_s = min(step_s, left)
    outcome = _probe(target, place, limit_s, end, context)
    if outcome.word in ("dropped", "sent") and limit_s < SHORTEST_STEP_S:
        return Outcome("not_tried", f"no answer in {limit_s:.1f} s, and no time for more")
    return outcome


def _probe(
    target: Target, place: SocketAddress, limit_s: float, end: float, context: ssl.SSLContext | None
) -> Outcome:
    if target.protocol == "udp":
        return probe_udp(place, target.port, limit_s)
    try:
        connection = connect(place, target.port, limit_s)
    except TimeoutError:
        return Outcome("dropped", f"no answer to a connection in {limit_s:.1f} s")
    except OSError as error:
        return of_error(error, "while connecting", connected=False)
    began = time.monotonic()
    with connection:
        again = repeated(connection)
        outcome = _talk(connection, place, target, min(end, began + limit_s), context)
    if outcome.word == "slow":
        return Outcome("slow", f"{outcome.detail}, waited {time.monotonic() - began:.1f} s")
    if outcome.word == "ok" and again:
        return Outcome("slow", f"packets get lost: {again} had to be sent again; {outcome.detail}")
    return outcome


def _talk(
    connection: socket.socket,
    place: SocketAddress,
    target: Target,
    end: float,
    context: ssl.SSLContext | None,
) -> Outcome:
    if context is None or target.protocol not in SECURE:
        return _read_response(connection, target, end)
    from vpc_check.probes import tls

    secured, outcome = tls.handshake(connection, place, target, context, end)
    if secured is None:
        return outcome
    with secured:
        said = _read_response(secured, target, end)
    if target.protocol == "tls":
        return outcome if said.word == "ok" else said
    return Outcome(said.word, f"{said.detail}; {outcome.detail}")


def _read_response(connection: socket.socket, target: Target, end: float) -> Outcome:
    """What the server says: asked in HTTP, or unasked, as TLS 1.3 refuses a client."""
    try:
        if target.protocol in ("http", "https"):
            return http.request(connection, target, end)
        # Who has shaken hands may well close before a word is said.
        return read_banner(connection, end, may_end=target.protocol == "tls")
    except OSError as error:
        return of_error(error, _DURING[target.protocol], connected=True)
