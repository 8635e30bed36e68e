"""Parses the probe's events: modules, statements that import them, files, functions that ran."""

from __future__ import annotations

import ast
import importlib.util
import os
from dataclasses import dataclass, field

from .launch import RUNTIME

PROBE = "surefoot_tools"


@dataclass
class Module:
    """One module: ``bytecode`` is used, missing, stale or none (for what has no Python source)."""

    name: str
    path: str | None = None
    loader: str = ""
    phase: str = ""
    bytecode: str = "none"
    compile_ns: int = 0


@dataclass(frozen=True)
class Edge:
    """A statement in ``importer`` (at file and line) that imported ``module``."""

    importer: str
    module: str
    file: str
    line: int


@dataclass
class Details:
    """All events. ``edges`` is in order: the first for a module is the one that loaded it."""

    modules: dict[str, Module] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Path → the phase in which it was read first: init or call."""
    ran: set[tuple[str, int, str, str]] = field(default_factory=set)
    """Functions: file, line, caller's file, phase."""
    ran_c: set[tuple[str, str, str]] = field(default_factory=set)
    """C functions: module, caller's file, phase."""
    troubles: list[str] = field(default_factory=list)

    def loader_of(self, name: str) -> Edge | None:
        """Return the statement that made the module load, if one did."""
        return next((edge for edge in self.edges if edge.module == name), None)

    def chain(self, name: str) -> list[Edge]:
        """Return how a module came in: from the statement that named it up to the outermost."""
        chain: list[Edge] = []
        met = {name}
        while (edge := self.loader_of(name)) is not None:
            chain.append(edge)
            name = edge.importer
            if name in met:
                break
            met.add(name)
        return chain


def parse_events(probe: bytes) -> Details:
    """Parse the probe's lines. The last may be cut off by the end of the process."""
    details = Details()
    for line in probe.splitlines():
        try:
            event = ast.literal_eval(line.decode("ascii"))
        except (SyntaxError, ValueError):
            continue
        _add(details, *event)
    for module in details.modules.values():
        _set_bytecode_state(module)
    return details


def _add(details: Details, kind: str, *values: object) -> None:
    match kind, values:
        case "spec", (str(name), origin, str(loader), str(phase)) if not name.startswith(PROBE):
            path = origin if isinstance(origin, str) else None
            # A module may be found again, when its first import failed.
            details.modules[name] = Module(name, path, loader, phase)
        case "edge", (str(importer), str(module), str(file), int(line)):
            if not importer.startswith(PROBE) and not module.startswith(PROBE):
                details.edges.append(Edge(importer, module, file, line))
        case "compiled", (str(name), str(path), int(microseconds)):
            module_ = details.modules.setdefault(name, Module(name, path))
            module_.compile_ns += microseconds * 1000
        case "read", (str(path), str(phase)):
            if not path.startswith(os.path.join(RUNTIME, "surefoot_tools", "")):
                details.files.setdefault(os.path.abspath(path), phase)
        case "ran", (str(file), int(line), str(caller), str(phase)):
            details.ran.add((file, line, caller, phase))
        case "ran_c", (str(module), str(caller), str(phase)):
            details.ran_c.add((module, caller, phase))
        case "trouble", (str(what),):
            details.troubles.append(what)


def _set_bytecode_state(module: Module) -> None:
    if module.path is None or not module.path.endswith(".py"):
        return
    if not module.compile_ns:
        module.bytecode = "used"
        return
    try:
        cached = importlib.util.cache_from_source(module.path)
    except NotImplementedError:
        cached = ""
    module.bytecode = "stale" if os.path.exists(cached) else "missing"
