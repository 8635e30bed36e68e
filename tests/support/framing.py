"""HTTP/1.1 message framing as bytes, written independently of the runtime's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Text = str | bytes
Header = tuple[Text, Text]


def encode(text: Text) -> bytes:
    """Bytes as they are; text as UTF-8, so that a test can also send what latin-1 cannot say."""
    return text if isinstance(text, bytes) else text.encode("utf-8")


def header_block(first_line: Text, headers: Iterable[Header]) -> bytes:
    """A start line and headers, in the order and letter case given, with the empty line."""
    lines = [encode(first_line), *(encode(name) + b": " + encode(value) for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""])


def split(body: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut `body` into parts of the given sizes; the last size repeats until nothing is left."""
    parts = []
    position = turn = 0
    while position < len(body):
        size = sizes[min(turn, len(sizes) - 1)]
        parts.append(body[position : position + size])
        position, turn = position + size, turn + 1
    return parts


def chunked(parts: Iterable[bytes], trailers: Iterable[Header] = (), extension: str = "") -> bytes:
    """`parts` as one chunk each, then the last chunk and the trailers."""
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(part), encode(extension), part) for part in parts)
    return chunks + header_block("0" + extension, trailers)
