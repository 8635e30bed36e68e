"""What would shorten the cold start most: rules over the evidence, one a file, all in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..evidence import RuleInput
from ..model import Advice
from . import heavy_imports, missing_bytecode, unused_imports

RULES: tuple[Callable[[RuleInput], Iterable[Advice]], ...] = (
    missing_bytecode.missing,
    missing_bytecode.stale,
    unused_imports.imports,
    heavy_imports.imports,
)


def advise(evidence: RuleInput) -> list[Advice]:
    """Return all advice, the largest saving first."""
    found = [each for rule in RULES for each in rule(evidence)]
    return sorted(found, key=lambda each: (-each.saving_ms, each.code, each.message))
