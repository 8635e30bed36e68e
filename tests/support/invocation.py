"""One scripted invocation: the event that /next delivers and the answers to what comes back."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.framing import Header, Text
from tests.support.reply import ACCEPTED, Reply, reply

FAR_DEADLINE_MS = 4_102_444_800_000
"""1 January 2100 in milliseconds: no test can come near this deadline."""

ARN = "arn:aws:lambda:eu-north-1:123456789012:function:bench"

_numbers = itertools.count(1)


def _new_request_id() -> str:
    return f"{next(_numbers):08d}-aaaa-4bbb-8ccc-0123456789ab"


@dataclass(frozen=True)
class Invocation:
    """An entry of the script.

    `headers` changes the usual ones by name (None leaves one out); `extra_headers` follow as
    they are, duplicates included. `raw` replaces the whole reply to /next. The n-th POST
    about this invocation gets the n-th of `answers`; a POST too many gets 403, as on Lambda.
    """

    event: bytes = b"{}"
    request_id: str = field(default_factory=_new_request_id)
    headers: Mapping[str, Text | None] = field(default_factory=dict)
    extra_headers: Iterable[Header] = ()
    chunks: Sequence[int] | None = None
    raw: Reply | None = None
    answers: Sequence[Reply] = (ACCEPTED,)

    @property
    def reply(self) -> Reply:
        """What /next answers."""
        if self.raw is not None:
            return self.raw
        usual: dict[str, Text | None] = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(FAR_DEADLINE_MS),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
        }
        wanted = {**usual, **self.headers}
        headers = [(name, value) for name, value in wanted.items() if value is not None]
        return reply(200, [*headers, *self.extra_headers], self.event, chunks=self.chunks)
