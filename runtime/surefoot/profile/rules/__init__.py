"""What would shorten the cold start most: rules over the evidence, one a file, all in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..evidence import Evidence
from ..record import Advice
from . import bytecode, heavy, unused

RULES: tuple[Callable[[Evidence], Iterable[Advice]], ...] = (
    bytecode.missing,
    bytecode.stale,
    unused.imports,
    heavy.imports,
)


def advise(evidence: Evidence) -> list[Advice]:
    """Return all advice, the largest saving first."""
    found = [each for rule in RULES for each in rule(evidence)]
    return sorted(found, key=lambda each: (-each.saving_ms, each.code, each.message))
