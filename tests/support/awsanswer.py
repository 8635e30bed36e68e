"""An answer of AWS that a test makes up: what a "before-send" hook of botocore may return."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSResponse


def answer(status: int, text: str = "", headers: dict[str, str] | None = None) -> AWSResponse:
    """An answer as it would come from AWS."""
    made: Any = AWSResponse
    response: AWSResponse = made("http://aws", status, headers or {}, _Raw(text.encode()))
    return response


class _Raw:
    """What botocore reads a body from: once, or in one piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._body]

    def read(self, *_: Any) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        """Nothing is open."""
