"""How one probe of one address ended, and which word an error of a socket is."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

from vpc_check.observation import WORDS
from vpc_check.safe_text import clean

MOST_TEXT = 300  # characters of a detail: what comes from the network may be of any length

_UNREACHABLE = frozenset(
    {
        *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN),
        *(errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT),
        # A route of the kind blackhole or prohibit, or a firewall that says so.
        *(errno.EINVAL, errno.EACCES, errno.EPERM),
    }
)
_CUT = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE, errno.ENOTCONN})
# OpenSSL's reasons that are not TLS failures.
_TLS_REASONS = {
    "UNEXPECTED_EOF_WHILE_READING": ("reset", "cut without a word"),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": ("denied", "the server wants a client's certificate"),
    "WRONG_VERSION_NUMBER": ("tls_failed", "what answers there is no TLS"),
    "RECORD_LAYER_FAILURE": ("tls_failed", "what answers there is no TLS"),
    "PACKET_LENGTH_TOO_LONG": ("tls_failed", "what answers there is no TLS"),
}


@dataclass(frozen=True)
class Outcome:
    """`word` is one of WORDS; `detail` what was seen, without control characters."""

    word: str
    detail: str = ""

    def __post_init__(self) -> None:
        if self.word not in WORDS:
            raise ValueError(f"{self.word!r} is not a word of an observation")
        object.__setattr__(self, "detail", printable(self.detail))


def printable(text: str) -> str:
    """Make text of a stranger harmless to a terminal, and short."""
    shown = clean(text)
    return shown if len(shown) <= MOST_TEXT else shown[: MOST_TEXT - 1] + "…"


def of_error(error: OSError, during: str, *, connected: bool) -> Outcome:
    """Classify an error of a socket.

    :param during: what was being done, as in "in the TLS handshake"
    :param connected: whether the other side had answered before
    """
    reason = getattr(error, "reason", None)  # of ssl.SSLError, which need not be imported here
    if isinstance(reason, str):
        word, said = _TLS_REASONS.get(reason, ("tls_failed", f"OpenSSL says {reason}"))
        return Outcome(word, f"{said} {during}")
    if isinstance(error, TimeoutError):
        return Outcome("slow" if connected else "dropped", f"no answer {during}")
    number = error.errno or 0
    said = (
        f"{os.strerror(number)} ({errno.errorcode.get(number, number)})" if number else str(error)
    )
    return Outcome(_word(number), f"{said} {during}")


def _word(number: int) -> str:
    if number == errno.ECONNREFUSED:
        return "refused"
    if number in _CUT:
        return "reset"
    return "unreachable" if number in _UNREACHABLE else "failed"
