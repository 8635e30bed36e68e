"""A request of a client, whole: what is compared."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Request:
    """A request: `headers` and `trailers` by name in lower case, `body` without its framing."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)
