"""Values in DER (X.690): as much of it as a certificate needs."""

from __future__ import annotations

from collections.abc import Iterator

SEQUENCE, SET, OCTETS, OID, UTC_TIME, TIME = 0x30, 0x31, 0x04, 0x06, 0x17, 0x18


class Malformed(ValueError):
    """Bytes that are no DER."""


def values(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, content) of each value that follows the other. Raises Malformed."""
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise Malformed("a value without a length")
        tag, length = data[at], data[at + 1]
        at += 2
        if length >= 0x80:  # the long form: the length of the length
            size = length & 0x7F
            if not 1 <= size <= 4 or at + size > len(data):
                raise Malformed("a length that cannot be")
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise Malformed("a value longer than what holds it")
        yield tag, data[at : at + length]
        at += length


def first(data: bytes, tag: int) -> bytes:
    """Return the content of the one value that data begins with. Raises Malformed."""
    for found, content in values(data):
        if found == tag:
            return content
        break
    raise Malformed(f"no value of tag {tag:#x}")
