"""The binary framing of InvokeWithResponseStream: application/vnd.amazon.eventstream.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the frames,
smithy.io the types of their headers.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7  # the type of a header's value


def encode_event(event_type: str, payload: bytes, content_type: str) -> bytes:
    """One message: lengths and their checksum, headers, payload, checksum of it all."""
    headers = _encode_headers(
        {":event-type": event_type, ":content-type": content_type, ":message-type": "event"}
    )
    length = 4 + 4 + 4 + len(headers) + len(payload) + 4
    prelude = struct.pack("!II", length, len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _encode_headers(headers: Mapping[str, str]) -> bytes:
    encoded = b""
    for name, value in headers.items():
        text = value.encode()
        encoded += struct.pack("!B", len(name)) + name.encode()
        encoded += struct.pack("!BH", _STRING, len(text)) + text
    return encoded
