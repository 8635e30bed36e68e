"""SP101 and SP102: modules that were compiled during the start."""

from __future__ import annotations

from collections.abc import Iterator

from ...console import join_names, pluralize
from ..code_origin import FUNCTION, INTERPRETER, PACKAGES, RUNTIME_AREA
from ..evidence import RuleInput
from ..model import Advice
from ..probe_events import Module

MISSING = "SP101"
STALE = "SP102"

_SEAL = "RUN surefoot seal"
_REBUILD = (
    "build on the surefoot base image, where they are compiled, and copy nothing over them: a "
    "source newer than its bytecode makes Python ignore it"
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


def missing(evidence: RuleInput) -> Iterator[Advice]:
    """Modules without bytecode."""
    return _find(evidence, MISSING, "missing", "no bytecode")


def stale(evidence: RuleInput) -> Iterator[Advice]:
    """Modules whose bytecode is from another source or another Python."""
    return _find(evidence, STALE, "stale", "bytecode from another source")


def _compile_ms(module: Module) -> float:
    return module.compile_ns / 1e6


def _find(evidence: RuleInput, code: str, state: str, what: str) -> Iterator[Advice]:
    # Compiling is timed in the run for details, once; it cannot be more than the import's own time.
    took = {row.name: row.self_ms for row in evidence.profile.imports}
    for area, (whose, remedy) in _AREAS.items():
        modules = [
            module
            for module in evidence.details.modules.values()
            if module.bytecode == state and evidence.origin.of(module) == area
        ]
        if not modules:
            continue
        modules.sort(key=lambda module: -module.compile_ns)
        names = [module.name for module in modules]
        yield Advice(
            code,
            "warning",
            f"{pluralize(len(names), 'module')} of {whose} with {what}, compiled at every cold "
            f"start because Lambda's disk is read-only: {join_names(names)}",
            remedy,
            round(
                sum(min(_compile_ms(module), took.get(module.name, 1e9)) for module in modules), 3
            ),
            names,
        )
