"""HTTP answers of servers that are not ours, read into memory up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rie.errors import UserError

if TYPE_CHECKING:
    import requests

# A registry must accept manifests of 4 MiB and may refuse larger ones: OCI distribution
# specification, "Pushing Manifests". Configs are of the same kind, tokens much smaller.
MAX_DOCUMENT_BYTES = 4 * 1024**2
_CHUNK_BYTES = 64 * 1024


def read_bounded(response: requests.Response, host: str, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The body of `response`, which was requested with stream=True, decompressed.

    Raises UserError for a body of more than `limit` bytes, without reading the rest.
    """
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit:
            response.close()
            raise UserError(
                f"{host} answered with more than {limit:,} bytes where a small document is "
                "expected",
                "check the address; a proxy or another server may have answered",
            )
    return bytes(body)
