"""The mix of invocations: their bytes, prepared once, and what must come back."""

from __future__ import annotations

import json
from dataclasses import dataclass

# Echoes; a failure is a real exception with a cause, as functions have them.
HANDLER = """
def handler(event, context):
    if event.get("fail"):
        try:
            event["missing"]
        except KeyError as error:
            raise ValueError("this one fails") from error
    return event
"""
DEADLINE_MS = 4_102_444_800_000  # 1 January 2100


@dataclass(frozen=True)
class Load:
    """One kind of invocation: its event, and the answer it must get."""

    event: bytes
    route: bytes
    body: bytes | None
    """The exact body of the answer; None when only the route is checked."""

    def reply(self, request_id: bytes) -> bytes:
        """The whole reply to next."""
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Lambda-Runtime-Aws-Request-Id: %b\r\nLambda-Runtime-Deadline-Ms: %d\r\n"
            b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-north-1:1:function:soak\r\n"
            b"Lambda-Runtime-Trace-Id: Root=1-%b\r\nContent-Length: %d\r\n\r\n%b"
        ) % (request_id, DEADLINE_MS, request_id, len(self.event), self.event)


def _echoed(size: int) -> Load:
    # The default separators are those in which the answer is written.
    event = json.dumps({"items": [1, 2.5, None, "é"], "text": "x" * size}).encode()
    return Load(event, b"response", event)


SMALL = _echoed(1000)
LARGE = _echoed(200_000)
FAILING = Load(json.dumps({"fail": True}).encode(), b"error", None)


def kind(number: int) -> Load:
    """The kind of the n-th invocation: mostly small, one in 500 large, one in a hundred fails."""
    if number % 500 == 250:
        return LARGE
    return FAILING if number % 100 == 50 else SMALL
