"""SP101 and SP102: modules that were compiled during the start."""

from __future__ import annotations

from collections.abc import Iterator

from ..code_origin import FUNCTION, INTERPRETER, PACKAGES, RUNTIME_AREA
from ..evidence import Evidence
from ..model import Advice
from ..probe_events import Module
from ..wording import counted, listed

MISSING = "SP101"
STALE = "SP102"

_SEAL = "RUN surefoot seal"
_REBUILD = (
    "build on the surefoot base image, where they are compiled, and copy nothing over them: a "
    "source that is newer than its bytecode makes it useless"
)
_AREAS = {
    FUNCTION: (
        "the function",
        f"end the Dockerfile with `{_SEAL}`, which compiles it",
    ),
    PACKAGES: (
        "installed packages",
        (
            f"end the Dockerfile with `{_SEAL}`, which compiles them in the task root, in /opt and "
            "in the interpreter's own folder; elsewhere, compile them with python3 -m compileall"
        ),
    ),
    INTERPRETER: ("the interpreter", _REBUILD),
    RUNTIME_AREA: ("the runtime", _REBUILD),
}


def missing(evidence: Evidence) -> Iterator[Advice]:
    """Modules without bytecode."""
    return _find(evidence, MISSING, "missing", "no bytecode")


def stale(evidence: Evidence) -> Iterator[Advice]:
    """Modules whose bytecode is of another source or another Python."""
    return _find(evidence, STALE, "stale", "bytecode that is not of their present source")


def _compile_ms(module: Module) -> float:
    return module.compile_ns / 1e6


def _find(evidence: Evidence, code: str, state: str, what: str) -> Iterator[Advice]:
    # Compiling is timed in the run for details, once; it cannot be more than the import's own time.
    took = {row.name: row.self_ms for row in evidence.profile.imports}
    for area, (whose, remedy) in _AREAS.items():
        modules = [
            module
            for module in evidence.details.modules.values()
            if module.bytecode == state and evidence.areas.of(module) == area
        ]
        if not modules:
            continue
        modules.sort(key=lambda module: -module.compile_ns)
        names = [module.name for module in modules]
        yield Advice(
            code,
            "warning",
            f"{counted(len(names), 'module')} of {whose} with {what}, compiled anew at every cold "
            f"start because Lambda's disk is read-only: {listed(names)}",
            remedy,
            round(
                sum(min(_compile_ms(module), took.get(module.name, 1e9)) for module in modules), 3
            ),
            names,
        )
