"""Makes a profile from runs and details."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from surefoot import __version__

from . import importtime, model
from .code_origin import CodeOrigin
from .importtime import Import
from .launch import Launch
from .notes import collect_notes
from .probe_events import Details, Edge, Module
from .runner import Run

TITLES = {
    "interpreter": "Interpreter start",
    "runtime": "Runtime",
    "handler": "Handler init",
    "call": "First call",
}
_MS = 1e6
# They always import the function's module.
_FINDS_HANDLERS = ("surefoot._runtime.handlers.resolve", "__main__")


def build_profile(
    launch: Launch, runs: Sequence[Run], detailed: Run, details: Details
) -> tuple[model.Profile, CodeOrigin]:
    """Return the profile of the run with the median total, without advice, and the code origin."""
    ordered = sorted(runs, key=lambda run: run.total_ns)
    run = ordered[(len(ordered) - 1) // 2]
    parsed = importtime.parse(run.stderr, details.modules.keys())
    roots = importtime.nest(parsed.imports)
    importtime.place(roots)
    stages = _stages(run, roots, launch.handler)
    origin = CodeOrigin(launch.task_root, details.modules)
    imports = _imports(run, roots, stages, details, origin)
    notes = collect_notes(launch, parsed, details, {row.name for row in imports})
    failure = run.failure
    profile = model.Profile(
        handler=launch.handler,
        python=platform.python_version(),
        surefoot=__version__,
        launch=launch.mode,
        runs=len(runs),
        total_ms=_ms(run.total_ns),
        first_byte_ms=_ms(_elapsed(run, run.first_byte_ns)),
        totals_ms=[_ms(each.total_ns) for each in runs],
        stages=stages,
        imports=imports,
        reads=_reads(run, details),
        files=_files(detailed, details),
        advice=[],
        notes=notes,
        failure=None
        if failure is None
        else model.Failure(failure.phase, failure.kind, failure.message, list(failure.stack)),
    )
    return profile, origin


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / _MS, 3)


def _elapsed(run: Run, time_ns: int) -> int:
    """Return a time since the start, without the pause in which the profiler looked at files."""
    pause = run.sent_ns - run.next_ns if run.sent_ns and time_ns >= run.sent_ns else 0
    return time_ns - run.spawn_ns - pause


def _walk(siblings: Sequence[Import]) -> list[Import]:
    return [each for node in siblings for each in (node, *_walk(node.children))]


def _stages(run: Run, roots: list[Import], handler: str) -> list[model.Stage]:
    """Return the stages, without those whose beginning is unknown."""
    rows = _walk(roots)
    module = handler.rpartition(".")[0].replace("/", ".").split(".")[0]
    first = next((row.begin_ns for row in rows if row.name == "surefoot"), None)
    named = next((row.begin_ns for row in rows if row.name == module), None)
    # A module that the runtime has loaded already is not imported again.
    resolved = next(
        (row.end_ns for row in rows if row.name == "surefoot._runtime.handlers.resolve"), None
    )
    marks = [
        ("interpreter", run.spawn_ns),
        ("runtime", first),
        ("handler", named if named is not None else resolved),
        ("call", run.sent_ns),
    ]
    begun = [(name, _elapsed(run, at)) for name, at in marks if at is not None]
    ends = [*(at for _, at in begun[1:]), _elapsed(run, run.end_ns)]
    return [
        model.Stage(name, TITLES[name], _ms(at), _ms(end))
        for (name, at), end in zip(begun, ends, strict=True)
    ]


def _imports(
    run: Run,
    roots: list[Import],
    stages: list[model.Stage],
    details: Details,
    origin: CodeOrigin,
) -> list[model.Import]:
    rows: list[model.Import] = []

    def add(node: Import, parent: int | None, depth: int) -> None:
        begin = _ms(_elapsed(run, node.begin_ns))
        module = details.modules.get(node.name) or Module(node.name)
        rows.append(
            model.Import(
                name=node.name,
                parent=parent,
                depth=depth,
                stage=next(
                    (s.name for s in reversed(stages) if s.begin_ms <= begin), "interpreter"
                ),
                area=origin.of(module),
                begin_ms=begin,
                self_ms=_ms(node.self_ns),
                cumulative_ms=_ms(node.cumulative_ns),
                path=module.path,
                bytecode=module.bytecode,
                compile_ms=_ms(module.compile_ns),
                chain=[
                    describe_statement(edge, origin.task_root)
                    for edge in outer_chain(details.chain(node.name))
                ],
            )
        )
        index = len(rows) - 1
        for child in node.children:
            add(child, index, depth + 1)

    for root in roots:
        add(root, None, 0)
    return rows


def outer_chain(chain: list[Edge]) -> list[Edge]:
    """Return a chain up to the runtime, with the runtime's own import of the module."""
    inside = (at for at, edge in enumerate(chain) if _is_runtime(edge.importer))
    end = next(inside, len(chain))
    by_runtime = [each for each in chain[end : end + 1] if each.importer not in _FINDS_HANDLERS]
    return [*chain[:end], *by_runtime]


def _is_runtime(module: str) -> bool:
    return module == "__main__" or module.split(".", maxsplit=1)[0] == "surefoot"


def describe_statement(edge: Edge, task_root: str) -> str:
    """Return a statement's place as people write it: module (file:line), short where it can be."""
    file = edge.file
    real = os.path.realpath(file)
    if real.startswith(os.path.join(task_root, "")):
        file = os.path.relpath(real, task_root)
    elif not file.startswith("<"):
        file = os.path.basename(file)
    return f"{edge.importer} ({file}:{edge.line})" if edge.file else edge.importer


def _reads(run: Run, details: Details) -> list[model.Reads]:
    start, end = run.reads_at_next, run.reads_at_end
    call = end.since(start) if start is not None and end is not None else None
    counts = {
        phase: sum(each == phase for each in details.files.values()) for phase in ("init", "call")
    }
    return [
        model.Reads(phase, read.bytes, read.calls, counts[phase])
        if read is not None
        else model.Reads(phase, None, None, counts[phase])
        for phase, read in (("init", start), ("call", call))
    ]


def _files(detailed: Run, details: Details) -> list[model.File]:
    read = [
        model.File(path, os.stat(path).st_size, "read", phase)
        for path, phase in details.files.items()
        if os.path.isfile(path) and path not in detailed.mapped
    ]
    mapped = [
        model.File(path, size, "mapped", details.files.get(path, "init"))
        for path, size in detailed.mapped.items()
    ]
    return sorted(read + mapped, key=lambda file: (-file.bytes, file.path))
