"""What is asked: invocations by kind, in an order that a seed decides, and what must come back."""

from __future__ import annotations

import enum
import json
import random
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FAR_MS = 4_102_444_800_000  # 1 January 2100
SOON_MS = 1_000
_LARGE_BYTES = 200_000
# Cut out of it, a text has any length and any start.
_TEXT = 'abcdefghijklmnopqrstuvwxyz é€ \\"\n' * 60


class Fault(enum.Enum):
    """What happens to the connection. One at a time: two breaks in a row end the sandbox."""

    NEXT_CUT = "the reply to next is cut; the invocation is delivered again"
    ANSWER_CUT = "the reply to the answer is cut; a second, equal answer is no doubling"
    ANSWER_BROKEN = "the connection is reset while the answer is sent"
    CLOSED_IDLE = "the connection is closed after the event was delivered"
    CLOSED_AFTER = "the connection is closed after the answer was accepted"
    CLOSED_AND_BROKEN = "the idle connection is closed, and the next one reset while it answers"


@dataclass
class Invocation:
    """One invocation: what is sent, what must come back, and what did.

    `owner` is the process that must answer; it is set at delivery.
    """

    number: int
    kind: str
    text: str
    fault: Fault | None = None
    owner: int = 0
    answers: int = 0
    body: bytes = field(default=b"", repr=False)
    broken: bool = False

    @property
    def request_id(self) -> str:
        """Unlike every other one."""
        return f"{self.number:08d}-aaaa-4bbb-8ccc-0123456789ab"

    def reply(self) -> bytes:
        """The whole reply to next."""
        event = json.dumps({"n": self.number, "do": self.kind, "text": self.text}).encode()
        deadline = int(time.time() * 1000) + SOON_MS if self.kind == "time-out" else FAR_MS
        return (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {self.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {deadline}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-north-1:1:function:soak\r\n"
            f"Lambda-Runtime-Trace-Id: Root=1-{self.number}\r\nContent-Length: {len(event)}\r\n\r\n"
        ).encode() + event

    def is_right(self, route: str, body: bytes, trailers: str) -> bool:
        """Whether this is the answer that the invocation must get."""
        error = _ERRORS.get(self.kind)
        if self.kind == "broken stream":
            return body == f"{self.number} ".encode() and "ValueError" in trailers
        if error is not None:
            return route == "error" and error.format(n=self.number).encode() in body
        if self.kind == "stream":
            wanted = f"{self.number} {self.text} {self._sum} {self.owner}".encode()
            return route == "response" and body == wanted and not trailers
        if self.kind == "shell":
            return route == "response" and json.loads(body)["n"] == self.number
        return route == "response" and json.loads(body) == self._wanted()

    @property
    def _sum(self) -> int:
        return zlib.crc32(self.text.encode())

    def _wanted(self) -> dict[str, Any]:
        wanted: dict[str, Any] = {"n": self.number, "sum": self._sum, "owner": self.owner}
        if self.kind.startswith("child"):
            wanted["ended"] = True
        elif self.kind == "large":
            wanted["text"] = self.text
        elif self.kind == "spawned":
            wanted["doubled"] = self.number * 2
        return wanted


# A part of the report that must come back.
_ERRORS = {
    "fail": "fails: {n}",
    "shell fail": "fails on purpose",
    "time-out": "DeadlineExceeded",
    "death": "Runtime.ExitError",
}


@dataclass(frozen=True)
class Scene:
    """A part of the campaign: one way of running the function, and its mix.

    `share` is its part of all invocations, `kinds` the weight of each kind, `faults` the part of
    its invocations that meet a fault, `places` how many are handled at a time.
    """

    name: str
    share: float
    kinds: Mapping[str, float]
    handler: str = "function.handler"
    faults: float = 0.0
    places: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)

    def invocations(self, count: int, seed: int) -> Iterator[Invocation]:
        """Yield `count` invocations; the same ones for the same seed."""
        chance = random.Random(f"{seed} {self.name}")  # noqa: S311 (no secret)
        kinds, weights = list(self.kinds), list(self.kinds.values())
        for number in range(count):
            (kind,) = chance.choices(kinds, weights)
            size = _LARGE_BYTES if kind == "large" else chance.randrange(20, 1_000)
            start = chance.randrange(len(_TEXT))
            text = (_TEXT * (size // len(_TEXT) + 2))[start : start + size]
            fault = chance.choice(list(Fault)) if chance.random() < self.faults else None
            yield Invocation(number, kind, text, fault)


SCENES = (
    Scene("plain", 0.70, {"echo": 98.7, "fail": 1, "large": 0.2, "program": 0.1}),
    Scene("connection faults", 0.08, {"echo": 98, "fail": 1, "large": 1}, faults=0.05),
    Scene("streams", 0.05, {"stream": 90, "broken stream": 1, "echo": 9}),
    Scene(
        "children",
        0.005,
        {
            "echo": 80,
            **{f"child {how}": 4.8 for how in ("returns", "exits", "raises", "leaves")},
            "spawned": 0.8,
        },
    ),
    Scene(
        "async",
        0.08,
        {"echo": 98.8, "fail": 1, "large": 0.2},
        "function.concurrent",
        places=4,
        environment={"AWS_LAMBDA_MAX_CONCURRENCY": "4", "SUREFOOT_ASYNC_CONCURRENCY": "1"},
    ),
    Scene(
        "workers",
        0.0699,
        {"echo": 98.3, "fail": 1, "large": 0.2, "death": 0.5},
        places=4,
        environment={"AWS_LAMBDA_MAX_CONCURRENCY": "4", "SOAK_WORKERS": "1"},
    ),
    Scene("shell", 0.015, {"shell": 99, "shell fail": 1}, "script.handler"),
    Scene(
        "time-outs",
        0.0001,
        {"time-out": 50, "echo": 50},
        environment={"SUREFOOT_DEADLINE_RAISE": "1"},
    ),
)
