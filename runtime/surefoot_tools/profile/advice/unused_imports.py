"""SP201: imports that this invocation did not need. A hint: another event may need them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from ...console import join_names
from .. import usage
from ..evidence import RuleInput
from ..model import Advice
from ..usage import Statement

UNUSED = "SP201"
# Less is not worth changing a line.
_WORTH_MS = 0.5


def imports(evidence: RuleInput) -> Iterator[Advice]:
    """Imports at the top of the function's own modules that nothing used; see usage."""
    groups = [
        (module, group, evidence.unreachable_without(_needless(group, evidence)))
        for module, group in _by_module(statements(evidence)).items()
    ]
    for module, group, names in groups:
        saving = evidence.self_ms(names)
        # An import that is only reachable through another unused one is reported with that one.
        if saving < _WORTH_MS or any(names < other for _, _, other in groups):
            continue
        places = sorted({_place(each, evidence) for each in group})
        yield Advice(
            UNUSED,
            "hint",
            f"{module}, imported at {join_names(places)}, was used neither during init nor by this "
            "invocation: no code that ran mentions it, and none of its functions was called",
            "if no other event needs it and its import has no wanted side effect, remove the "
            "line; else move it into the function that uses it",
            saving,
            sorted(names),
        )


def statements(evidence: RuleInput) -> list[Statement]:
    """Return the imported names that no code mentions and of whose modules nothing ran."""
    return [each for each in usage.unused(evidence.sources) if not _ran(each, evidence)]


def _ran(statement: Statement, evidence: RuleInput) -> bool:
    """Whether anything of what it imports ran for the function: in the call, or called by its code.

    What an import itself runs does not count. Of a package that was installed, any part counts.
    """
    is_own = statement.module in evidence.own
    homes = {*statement.targets} if is_own else {statement.module.split(".")[0]}
    return any(
        _within(called, homes)
        and (phase == "call" or (caller in evidence.own and not _within(caller, homes)))
        for called, caller, phase in evidence.calls
    )


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _needless(group: list[Statement], evidence: RuleInput) -> set[tuple[str, str]]:
    """Return what the group imports and no other statement of the same module does."""
    needless = {(each.importer, target) for each in group for target in each.targets}
    for source in evidence.sources.values():
        for other in (*source.statements, *source.inner):
            if other not in group:
                needless -= {(other.importer, target) for target in other.targets}
    return needless


def _by_module(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    groups: dict[str, list[Statement]] = {}
    for each in statements:
        groups.setdefault(each.module, []).append(each)
    return groups


def _place(statement: Statement, evidence: RuleInput) -> str:
    path = evidence.details.modules[statement.importer].path or statement.importer
    return f"{os.path.relpath(os.path.realpath(path), evidence.origin.task_root)}:{statement.line}"
