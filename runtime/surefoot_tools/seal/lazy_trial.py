"""Finds out which packages a function's lazy imports must leave out, by trying it both ways.

A lazy import moves what a module does when it is imported to the first use of its name. A package
that registers itself, patches another or reads the environment at its import may then do so too
late, or never. Only trying can tell: init, and a call with the sample event if there is one.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..console import log
from .init_facts import InitFacts
from .readahead.init_trace import InitFailed, trace_init

VARIABLE = "SUREFOOT_LAZY_IMPORTS"
SUFFIX = ".eager"
_OFF = ("", "0")
_MAX_EAGER = 8


def find_eager(
    handler: str,
    record: str,
    timeout: float,
    event: str,
    environ: Mapping[str, str] = os.environ,
    identity: Mapping[str, Any] | None = None,
) -> None:
    """Write the names of packages that may not be lazy next to `record`, and report them.

    Does nothing unless the image sets SUREFOOT_LAZY_IMPORTS and its Python has lazy imports.
    Raises OSError.
    """
    setting = environ.get(VARIABLE, "")
    _remove(record + SUFFIX)
    if setting in _OFF or not hasattr(sys, "set_lazy_imports"):
        return

    def outcome(value: str) -> tuple[str, InitFacts]:
        return _try(handler, {**environ, VARIABLE: value}, timeout, event, identity)

    expected, facts = outcome("0")
    if expected.startswith("failed"):
        # Sealing itself will say so, with the reason.
        return
    lazy, lazy_facts = outcome(setting)
    saved = len(facts.modules) - len(lazy_facts.modules)
    if lazy == expected:
        log("seal", f"lazy imports: init and call end as without, {saved} modules are not loaded")
        return
    packages = list(dict.fromkeys(name.partition(".")[0] for name in facts.modules))
    eager = search(packages, lambda names: outcome(_with_eager(setting, names))[0] == expected)
    if eager is None:
        names = ", ".join(packages[:3])
        log("seal", f"warning: lazy imports change how the function ends, even without {names}, …")
        return
    with open(record + SUFFIX, "w", encoding="utf-8") as file:
        file.write("".join(f"{name}\n" for name in eager))
    os.chmod(record + SUFFIX, 0o644)
    log("seal", f"lazy imports: {', '.join(eager)} may not be lazy, and will be imported at once")


def search(names: Sequence[str], works: Callable[[Sequence[str]], bool]) -> list[str] | None:
    """Return few of the names that make `works` true; None if not even all of them do.

    Expects that what works with some names works with more of them.
    """
    found: list[str] = []
    while not works(found):
        if len(found) == _MAX_EAGER or not works([*found, *names]):
            return None
        # The shortest beginning that works ends with a name that is needed.
        low, high = 0, len(names)
        while high - low > 1:
            middle = (low + high) // 2
            if works([*found, *names[:middle]]):
                high = middle
            else:
                low = middle
        found.append(names[high - 1])
    return found


def _with_eager(setting: str, names: Sequence[str]) -> str:
    return ",".join([setting, *(f"-{name}" for name in names)])


def _try(
    handler: str,
    environ: Mapping[str, str],
    timeout: float,
    event: str,
    identity: Mapping[str, Any] | None,
) -> tuple[str, InitFacts]:
    facts = InitFacts()
    try:
        trace_init(handler, environ, timeout, facts=facts, event=event, identity=identity)
    except InitFailed as failed:
        return f"failed: {failed.reason}", facts
    return facts.answer, facts


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
