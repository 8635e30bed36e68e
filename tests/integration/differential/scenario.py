"""What both clients are put through: a handler, a script and an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.invocation import Invocation
from tests.support.reply import ACCEPTED, Reply


@dataclass(frozen=True)
class Scenario:
    """One process run of each client. `name` is unique: runs are cached by it."""

    name: str
    handler: str | None
    script: tuple[Invocation, ...] = field(default_factory=lambda: (Invocation(),))
    environ: Mapping[str, str | None] = field(default_factory=dict)
    init_answer: Reply = ACCEPTED
