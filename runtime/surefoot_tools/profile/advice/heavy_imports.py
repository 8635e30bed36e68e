"""SP301: packages that the function uses and that take a large part of its start."""

from __future__ import annotations

from collections.abc import Iterator

from ...console import join_names, pluralize
from ..evidence import RuleInput
from ..model import Advice
from . import unused_imports

HEAVY = "SP301"
_LEAST_MS = 5.0
_LEAST_SHARE = 0.1


def imports(evidence: RuleInput) -> Iterator[Advice]:
    """Advise on packages that the function's own modules import, with everything they load."""
    importers_of: dict[str, list[tuple[str, str, int]]] = {}
    for edge in evidence.details.edges:
        if edge.importer in evidence.own and edge.module not in evidence.own:
            importers_of.setdefault(edge.module.split(".")[0], []).append(
                (edge.importer, edge.module, edge.line)
            )
    idle = {(each.importer, each.module) for each in unused_imports.statements(evidence)}
    total_ms = evidence.profile.total_ms
    for package, places in importers_of.items():
        pairs = {(importer, module) for importer, module, _ in places}
        names = evidence.unreachable_without(pairs)
        saving = evidence.self_ms(names)
        # SP201 reports imports that are not used at all.
        if saving < max(_LEAST_MS, _LEAST_SHARE * total_ms) or pairs <= idle:
            continue
        importers = [f"{importer} (line {line})" for importer, _, line in places]
        yield Advice(
            HEAVY,
            "info",
            f"{package} and what loads only for it ({pluralize(len(names), 'module')}) take "
            f"{saving:.1f} ms, {saving / total_ms:.0%} of the start; imported by "
            f"{join_names(list(dict.fromkeys(importers)))}. Most of it: "
            f"{_largest(names, evidence)}",
            "if not every event needs it, import it in the function that does; else import only "
            "the part that is needed, or use something lighter",
            saving,
            sorted(names),
        )


def _largest(names: set[str], evidence: RuleInput) -> str:
    rows = [row for row in evidence.profile.imports if row.name in names]
    rows.sort(key=lambda row: -row.self_ms)
    return join_names([f"{row.name} {row.self_ms:.1f} ms" for row in rows[:3]])
