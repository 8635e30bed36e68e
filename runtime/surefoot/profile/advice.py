"""What would shorten the cold start most: rules over a profile, each a function in RULES."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from . import graph, usage
from .area import FUNCTION, INTERPRETER, PACKAGES, RUNTIME_AREA, Areas
from .details import Details
from .record import Advice, Import, Profile
from .usage import Source, Statement

MISSING_BYTECODE = "SP101"
STALE_BYTECODE = "SP102"
UNUSED_IMPORT = "SP201"
HEAVY_IMPORT = "SP301"

# Below this nobody would change a line.
_WORTH_MS = 0.5
_HEAVY_MS = 5.0
_HEAVY_SHARE = 0.1
_NAMED = 5

_COMPILE = (
    "end the Dockerfile with `RUN surefoot seal`, or compile them there: "
    '`RUN python3 -m compileall -q -f --invalidation-mode unchecked-hash "$LAMBDA_TASK_ROOT"`'
)
_COMPILE_PACKAGES = (
    "compile them where they are installed: `RUN python3 -m compileall -q -f --invalidation-mode "
    "unchecked-hash DIRECTORY` after pip install"
)
_REBUILD = "build on a surefoot base image, which has it compiled; a copy over it brings no bytecode"
_AREAS = {
    FUNCTION: ("of the function", _COMPILE),
    PACKAGES: ("of installed packages", _COMPILE_PACKAGES),
    INTERPRETER: ("of the interpreter", _REBUILD),
    RUNTIME_AREA: ("of the runtime", _REBUILD),
}


@dataclass(frozen=True)
class Evidence:
    """What the rules look at. ``sources`` is empty when not every call could be seen."""

    profile: Profile
    details: Details
    areas: Areas
    sources: Mapping[str, Source]


def advise(profile: Profile, details: Details, areas: Areas) -> list[Advice]:
    """Return all advice, the largest saving first."""
    complete = not details.troubles and profile.failure is None
    sources = read_sources(details, areas) if complete else {}
    evidence = Evidence(profile, details, areas, sources)
    found = [each for rule in RULES for each in rule(evidence)]
    return sorted(found, key=lambda each: (-each.saving_ms, each.code, each.message))


def read_sources(details: Details, areas: Areas) -> dict[str, Source]:
    """Read the function's own modules; one that cannot be read gives no hints."""
    ran: dict[str, set[int]] = {}
    for file, line, _, _ in details.ran:
        ran.setdefault(os.path.realpath(file), set()).add(line)
    sources = {}
    for module in details.modules.values():
        path = module.path
        if path is None or not path.endswith(".py") or areas.of(module) != FUNCTION:
            continue
        is_package = os.path.basename(path) == "__init__.py"
        try:
            with open(path, encoding="utf-8") as file:
                lines = ran.get(os.path.realpath(path), set())
                source = usage.read(module.name, file.read(), is_package=is_package, ran=lines)
        except (OSError, SyntaxError, ValueError):
            continue
        sources[module.name] = source
    return sources


def bytecode(evidence: Evidence) -> Iterator[Advice]:
    """Modules that were compiled during the start."""
    for code, state, what in (
        (MISSING_BYTECODE, "missing", "have no bytecode"),
        (STALE_BYTECODE, "stale", "have bytecode that does not fit their source"),
    ):
        for area, (whose, remedy) in _AREAS.items():
            modules = [
                module
                for module in evidence.details.modules.values()
                if module.bytecode == state and evidence.areas.of(module) == area
            ]
            if modules:
                modules.sort(key=lambda module: -module.compile_ns)
                names = [module.name for module in modules]
                count = f"{len(modules)} modules {whose} {what}"
                if len(modules) == 1:
                    count = f"1 module {whose} {what.replace('have', 'has', 1).replace('their', 'its')}"
                saving = sum(module.compile_ns for module in modules) / 1e6
                yield Advice(
                    code,
                    "warning",
                    f"{count} and are compiled at every cold start, since the disk of Lambda is "
                    f"read-only: {listed(names)}".replace(
                        "and are", "and is" if len(modules) == 1 else "and are"
                    ),
                    remedy,
                    round(saving, 3),
                    names,
                )


def unused_imports(evidence: Evidence) -> Iterator[Advice]:
    """Imports of the function's own modules that this invocation did not need: a hint."""
    statements = [each for each in usage.unused(evidence.sources) if not _ran(each, evidence)]
    for module, group in _by_module(statements).items():
        names = _saved(group, evidence)
        saving = _self_ms(names, evidence.profile)
        if saving < _WORTH_MS:
            continue
        places = listed(sorted({_place(each, evidence) for each in group}))
        yield Advice(
            UNUSED_IMPORT,
            "hint",
            f"{module} was imported by {places} but used neither during init nor by this invocation: "
            "no code that ran mentions what was imported, and no function of it was called",
            "check that no other event needs it and that its import has no effect which is wanted; "
            "then remove the line, or move it into the function that needs it",
            saving,
            sorted(names),
        )


def heavy_imports(evidence: Evidence) -> Iterator[Advice]:
    """Imports that the function's own modules use, but that cost a good part of the start."""
    idle = {
        (each.importer, each.module)
        for each in usage.unused(evidence.sources)
        if not _ran(each, evidence)
    }
    own = {
        module.name
        for module in evidence.details.modules.values()
        if evidence.areas.of(module) == FUNCTION
    }
    threshold = max(_HEAVY_MS, _HEAVY_SHARE * evidence.profile.total_ms)
    asked: dict[str, set[tuple[str, str]]] = {}
    for edge in evidence.details.edges:
        if edge.importer in own and edge.module not in own:
            asked.setdefault(edge.module.split(".")[0], set()).add((edge.importer, edge.module))
    for package, pairs in asked.items():
        names = graph.lost(_pairs(evidence), _of_function(evidence.profile), pairs)
        saving = _self_ms(names, evidence.profile)
        if saving < threshold or all(pair in idle for pair in pairs):
            continue
        edge = next(e for e in evidence.details.edges if (e.importer, e.module) in pairs)
        share = saving / evidence.profile.total_ms
        heaviest = _heaviest(names, evidence.profile)
        yield Advice(
            HEAVY_IMPORT,
            "info",
            f"{package}, imported by {edge.importer} (line {edge.line}), and the {len(names)} modules "
            f"that load only for it take {saving:.1f} ms, {share:.0%} of the cold start; most in "
            f"{listed(heaviest)}",
            "if not every event needs it, import it in the function that does; else import only the "
            "part that is needed, or use something lighter",
            saving,
            sorted(names),
        )


RULES: tuple[Callable[[Evidence], Iterable[Advice]], ...] = (bytecode, unused_imports, heavy_imports)


def listed(names: list[str]) -> str:
    """Return a few names and how many more there are."""
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _place(statement: Statement, evidence: Evidence) -> str:
    path = evidence.details.modules[statement.importer].path or statement.importer
    return f"{os.path.relpath(os.path.realpath(path), evidence.areas.task_root)}:{statement.line}"


def _by_module(statements: list[Statement]) -> dict[str, list[Statement]]:
    groups: dict[str, list[Statement]] = {}
    for each in statements:
        groups.setdefault(each.module, []).append(each)
    return groups


def _ran(statement: Statement, evidence: Evidence) -> bool:
    """Whether anything of the package ran for the function: in the call, or called by its code.

    What the package's own import runs does not count.
    """
    details, areas = evidence.details, evidence.areas
    tops = {statement.module.split(".")[0]}
    if any(
        module.name == statement.module and areas.of(module) == FUNCTION
        for module in details.modules.values()
    ):
        tops = {statement.module, *statement.targets}
    files = {
        os.path.realpath(module.path)
        for module in details.modules.values()
        if module.path is not None and any(_within(module.name, top) for top in tops)
    }
    own = {
        os.path.realpath(module.path)
        for module in details.modules.values()
        if module.path is not None and areas.of(module) == FUNCTION
    }
    called = any(
        os.path.realpath(file) in files and (phase == "call" or os.path.realpath(caller) in own - files)
        for file, line, caller, phase in details.ran
    )
    return called or any(
        any(_within(module, top) for top in tops)
        and (phase == "call" or os.path.realpath(caller) in own)
        for module, caller, phase in details.ran_c
    )


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _saved(group: list[Statement], evidence: Evidence) -> set[str]:
    """Return the modules that would not be loaded without these statements."""
    gone = {(each.importer, target) for each in group for target in each.targets}
    dropped = set(group)
    for source in evidence.sources.values():
        for other in (*source.statements, *source.inner):
            if other not in dropped:
                gone -= {(other.importer, target) for target in other.targets}
    return graph.lost(_pairs(evidence), _of_function(evidence.profile), gone)


def _pairs(evidence: Evidence) -> list[tuple[str, str]]:
    return [(edge.importer, edge.module) for edge in evidence.details.edges]


def _of_function(profile: Profile) -> set[str]:
    return {row.name for row in profile.imports if row.stage == "handler"}


def _self_ms(names: set[str], profile: Profile) -> float:
    rows = [row for row in profile.imports if row.name in names and row.stage == "handler"]
    return round(sum(row.self_ms for row in rows), 3)


def _heaviest(names: set[str], profile: Profile) -> list[str]:
    rows: list[Import] = [row for row in profile.imports if row.name in names]
    return [row.name for row in sorted(rows, key=lambda row: -row.self_ms)[:_NAMED]]
