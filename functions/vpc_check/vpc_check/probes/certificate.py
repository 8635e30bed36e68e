"""What a server's certificate says, read without any trust in it.

ssl returns the fields of verified certificates only, and the others are those of interest.
Structure: RFC 5280 section 4.1; names: section 4.2.1.6; dates: section 4.1.2.5.
"""

from __future__ import annotations

import ipaddress
import time
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass

MOST_NAMES = 5
_SEQUENCE, _OCTETS, _UTC_TIME = 0x30, 0x04, 0x17  # tags of DER (X.690)
_ATTRIBUTES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU"}
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_VERSION, _EXTENSIONS = 0xA0, 0xA3


class MalformedCertificate(ValueError):
    """Bytes that are no DER."""


@dataclass(frozen=True)
class Certificate:
    """`subject` and `issuer` are common names, or organisations; dates are seconds since 1970."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: float
    not_after: float

    def days_left(self, now: float) -> int:
        """Whole days until it expires, negative when it has."""
        return int((self.not_after - now) // 86_400)

    def valid(self, now: float) -> bool:
        """Whether its dates let it be used."""
        return self.not_before <= now <= self.not_after

    def describe(self, now: float | None = None) -> str:
        """Return a phrase with the names, the issuer and the dates."""
        now = time.time() if now is None else now
        shown = ", ".join(self.names[:MOST_NAMES]) or "none"
        if len(self.names) > MOST_NAMES:
            shown += f" and {len(self.names) - MOST_NAMES} more"
        subject = self.subject or "no subject"
        return f"certificate of {subject} (names: {shown}) by {self.issuer}, {self._dates(now)}"

    def _dates(self, now: float) -> str:
        if self.not_before > now:
            return f"valid only from {_day(self.not_before)}"
        left = self.days_left(now)
        if left < 0:
            return f"expired on {_day(self.not_after)}"
        return f"valid until {_day(self.not_after)}, {left} days left"


def read_certificate(data: bytes) -> Certificate:
    """Read a certificate in DER. Raises MalformedCertificate."""
    fields = list(_values(_first(_first(data, _SEQUENCE), _SEQUENCE)))
    if fields and fields[0][0] == _VERSION:
        del fields[0]
    if len(fields) < 6:
        raise MalformedCertificate("a certificate without a subject")
    # serial number, algorithm, issuer, dates, subject, key, then what is optional
    dates = [_time(tag, content) for tag, content in _values(fields[3][1])]
    if len(dates) != 2:
        raise MalformedCertificate("a certificate without two dates")
    extensions = [content for tag, content in fields[6:] if tag == _EXTENSIONS]
    names = tuple(_names(extensions[0])) if extensions else ()
    return Certificate(_name(fields[4][1]), _name(fields[2][1]), names, *dates)


def _name(data: bytes) -> str:
    """The most telling attribute of a distinguished name."""
    found: dict[str, str] = {}
    for _, relative in _values(data):
        for _, attribute in _values(relative):
            parts = list(_values(attribute))
            if len(parts) == 2 and parts[0][1] in _ATTRIBUTES:
                encoding = "utf-16-be" if parts[1][0] == 0x1E else "utf-8"
                found[_ATTRIBUTES[parts[0][1]]] = parts[1][1].decode(encoding, "replace")
    return found.get("CN") or found.get("O") or found.get("OU") or ""


def _names(extensions: bytes) -> Iterator[str]:
    for _, extension in _values(_first(extensions, _SEQUENCE)):
        parts = list(_values(extension))
        if parts and parts[0][1] == _ALTERNATIVE_NAMES and parts[-1][0] == _OCTETS:
            for tag, content in _values(_first(parts[-1][1], _SEQUENCE)):
                if tag == _DNS_NAME:
                    yield content.decode("ascii", "replace")
                elif tag == _IP_ADDRESS and len(content) in (4, 16):
                    yield str(ipaddress.ip_address(content))


def _time(tag: int, content: bytes) -> float:
    """UTCTime has two digits for the year, 1950 to 2049; GeneralizedTime four."""
    text = content.decode("ascii", "replace")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    if len(text) != 15 or not text.endswith("Z"):
        raise MalformedCertificate(f"a date {text!r}")
    try:
        return float(timegm(time.strptime(text, "%Y%m%d%H%M%SZ")))
    except ValueError as error:
        raise MalformedCertificate(f"a date {text!r}") from error


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, content) of each value that follows the other. Raises MalformedCertificate."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise MalformedCertificate("a value without a length")
        tag, length = data[at], data[at + 1]
        at += 2
        if length >= 0x80:  # the long form: the length of the length
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > len(data):
                raise MalformedCertificate("a length that cannot be")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise MalformedCertificate("a value longer than what holds it")
        yield tag, data[at : at + length]
        at += length


def _first(data: bytes, tag: int) -> bytes:
    """Return the content of the one value that data begins with. Raises MalformedCertificate."""
    for found, content in _values(data):
        if found == tag:
            return content
        break
    raise MalformedCertificate(f"no value of tag {tag:#x}")
