"""What the advice is based on: a profile, its details, and the function's own source."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from . import import_graph, usage
from .code_origin import FUNCTION, CodeOrigin
from .model import Profile
from .probe_events import Details
from .usage import Source


@dataclass(frozen=True)
class RuleInput:
    """``sources`` is empty when not every call could be seen: then nothing is called unused."""

    profile: Profile
    details: Details
    origin: CodeOrigin
    sources: Mapping[str, Source]
    own: Collection[str]
    """Names of the function's own modules."""
    calls: Collection[tuple[str, str, str]] = field(default=frozenset())
    """Called module, calling module and phase of every call that was seen."""

    def unreachable_without(self, without: Collection[tuple[str, str]]) -> set[str]:
        """Return what would not load at init without some imports, as importer and imported."""
        rows = self.profile.imports
        before = {row.name for row in rows if row.stage in {"interpreter", "runtime"}}
        found = {module.name for module in self.details.modules.values() if module.phase == "init"}
        loaded = found - before | {row.name for row in rows if row.stage == "handler"}
        pairs = [(edge.importer, edge.module) for edge in self.details.edges]
        return import_graph.unreachable_without(pairs, loaded, without)

    def self_ms(self, names: Collection[str]) -> float:
        """Return what modules took at init, all together."""
        rows = (row for row in self.profile.imports if row.stage == "handler")
        return round(sum(row.self_ms for row in rows if row.name in names), 3)


def collect_evidence(profile: Profile, details: Details, origin: CodeOrigin) -> RuleInput:
    """Read the function's own modules and find which modules called which."""
    complete = not details.troubles and profile.failure is None
    index = _ModuleIndex(details)
    modules = details.modules.values()
    own = {module.name for module in modules if origin.of(module) == FUNCTION}
    calls: set[tuple[str, str, str]] = {
        (index.module_of(file), index.module_of(caller), phase)
        for file, _, caller, phase in details.ran
    } | {(module, index.module_of(caller), phase) for module, caller, phase in details.ran_c}
    sources = read_sources(details, own) if complete else {}
    return RuleInput(profile, details, origin, sources, own, calls)


def read_sources(details: Details, own: Collection[str]) -> dict[str, Source]:
    """Read the function's own modules; one that cannot be read gives no hints."""
    ran: dict[str, set[int]] = {}
    for file, line, _, _ in details.ran:
        ran.setdefault(file, set()).add(line)
    sources = {}
    for name in own:
        path = details.modules[name].path or ""
        if not path.endswith(".py"):
            continue
        is_package = os.path.basename(path) == "__init__.py"
        try:
            with open(path, encoding="utf-8") as opened:
                text = opened.read()
            sources[name] = usage.read(name, text, is_package=is_package, ran=ran.get(path, ()))
        except (OSError, SyntaxError, ValueError):
            continue
    return sources


class _ModuleIndex:
    """Module names by the files of their code."""

    def __init__(self, details: Details) -> None:
        self._names = {
            module.path: module.name for module in details.modules.values() if module.path
        }

    def module_of(self, file: str) -> str:
        return self._names.get(file, "")
