"""SP301: packages that the function uses and that cost a good part of its start."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..model import Advice
from ..wording import counted, listed
from . import unused_imports

HEAVY = "SP301"
_LEAST_MS = 5.0
_LEAST_SHARE = 0.1


def imports(evidence: Evidence) -> Iterator[Advice]:
    """What the function's own modules import from elsewhere, by package, with all it brings in."""
    asked: dict[str, list[tuple[str, str, int]]] = {}
    for edge in evidence.details.edges:
        if edge.importer in evidence.own and edge.module not in evidence.own:
            asked.setdefault(edge.module.split(".")[0], []).append(
                (edge.importer, edge.module, edge.line)
            )
    idle = {(each.importer, each.module) for each in unused_imports.statements(evidence)}
    total_ms = evidence.profile.total_ms
    for package, places in asked.items():
        pairs = {(importer, module) for importer, module, _ in places}
        names = evidence.lost(pairs)
        saving = evidence.self_ms(names)
        # What is not used at all is told by that rule.
        if saving < max(_LEAST_MS, _LEAST_SHARE * total_ms) or pairs <= idle:
            continue
        importers = [f"{importer} (line {line})" for importer, _, line in places]
        yield Advice(
            HEAVY,
            "info",
            f"{package} and what loads only for it ({counted(len(names), 'module')}) take "
            f"{saving:.1f} ms, {saving / total_ms:.0%} of the start; imported by "
            f"{listed(list(dict.fromkeys(importers)))}. Most of it: {_heaviest(names, evidence)}",
            "if not every event needs it, import it in the function that does; else import only "
            "the part that is needed, or use something lighter",
            saving,
            sorted(names),
        )


def _heaviest(names: set[str], evidence: Evidence) -> str:
    rows = [row for row in evidence.profile.imports if row.name in names]
    rows.sort(key=lambda row: -row.self_ms)
    return listed([f"{row.name} {row.self_ms:.1f} ms" for row in rows[:3]])
