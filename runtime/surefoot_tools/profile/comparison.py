"""What sealing and lazy imports save: the same function started with and without, in turn."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..console import printable
from .importtime import parse
from .launch import Launch
from .runner import Run

_SEALED = "SUREFOOT_SEALED_INIT"
_LAZY = "SUREFOOT_LAZY_IMPORTS"
_AS_IS = "as it starts"
_OFF = ("", "0")
_MS = 1_000_000
_WIDTH = 14  # of a column


@dataclass
class Variant:
    """A way to start the function, and what its runs took: totals and each module's own time."""

    name: str
    variables: Mapping[str, str]
    totals_ms: list[float] = field(default_factory=list)
    modules_ms: dict[str, list[float]] = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Add a run with the imports' times."""
        self.totals_ms.append(run.total_ns / _MS)
        for each in parse(run.stderr).imports:
            self.modules_ms.setdefault(each.name, []).append(each.self_ns / _MS)

    def self_ms(self, module: str) -> float:
        """Return the median of a module's own time; 0 if it is not loaded."""
        taken = self.modules_ms.get(module, [])
        return statistics.median(taken) if taken else 0.0


def variants(environ: Mapping[str, str], *, has_lazy_imports: bool) -> list[Variant]:
    """Return the ways to compare; the first is as the image starts the function."""
    found = [Variant(_AS_IS, {}), Variant("not sealed", {_SEALED: "0"})]
    if not has_lazy_imports:
        return found
    if environ.get(_LAZY, "") in _OFF:
        return [*found, Variant("lazy imports", {_LAZY: "1"})]
    return [*found, Variant("nothing lazy", {_LAZY: "0"})]


def compare(launch: Launch, count: int, start: Callable[[Launch], Run]) -> list[Variant]:
    """Start each variant `count` times in turn, so that what drifts on the machine drifts for all.

    :param start: runs the function once, with the imports' times; raises UserError if it fails
    """
    found = variants(launch.environ, has_lazy_imports=hasattr(sys, "set_lazy_imports"))
    for _ in range(count):
        for variant in found:
            environ = {**launch.environ, **variant.variables}
            variant.add(start(replace(launch, environ=environ)))
    return found


def render(found: list[Variant], top: int) -> str:
    """Return a table: totals, modules loaded, and the modules that differ most."""
    lines = ["", "Compared (medians of runs in turn; ms):", _row("", [each.name for each in found])]
    totals = [f"{statistics.median(each.totals_ms):.1f}" for each in found]
    lines.append(_row("until the answer", totals))
    lines.append(_row("modules loaded", [str(len(each.modules_ms)) for each in found]))
    names = {name for each in found for name in each.modules_ms}
    for name in sorted(names, key=lambda name: (-_difference(found, name), name))[:top]:
        cells = [f"{each.self_ms(name):.2f}" if name in each.modules_ms else "-" for each in found]
        lines.append(_row(printable(name), cells))
    return "\n".join(lines)


def _difference(found: list[Variant], name: str) -> float:
    taken = [each.self_ms(name) for each in found]
    return max(taken) - min(taken)


def _row(title: str, cells: list[str]) -> str:
    return f"  {title[:40]:40}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)
