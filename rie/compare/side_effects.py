"""What a function does beyond its answers: connections, patched names, files, programs.

Seen in runs of their own, by a `sitecustomize` that both clients load, so that the runs that are
timed stay as they are. What happens in a background thread falls between the events by chance; so
the effects are those of the whole run.
"""

from __future__ import annotations

import ast
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rie.compare.observations import Observations
from rie.compare.run import Setting, run
from rie.compare.runtime_api import RuntimeApi

EFFECTS = ("connections", "patched names", "files written", "programs started")
_OBSERVER = Path(__file__).parent / "observer"
# Names that tempfile draws; the observer does not see those of programs and compiled code.
_TEMPORARY = re.compile(r"(?<=/)tmp[a-z0-9_]{8}(?=[/. ]|$)")


def observe(api: RuntimeApi, command: Sequence[str], setting: Setting) -> Observations:
    """Run one client over the events; what it did, a sorted list of lines for each kind."""
    with tempfile.NamedTemporaryFile(prefix="rie-compare-") as notes:
        environment = _observed(setting.environment, notes.name)
        run(api, command, replace(setting, environment=environment, warm=0, is_observed=True))
        lines = Path(notes.name).read_text(encoding="ascii").splitlines()
    found: dict[str, set[str]] = {}
    for line in lines:
        fact, _, text = line.partition("\t")
        found.setdefault(fact, set()).add(_TEMPORARY.sub("tmp…", ast.literal_eval(text)))
    return {fact: "\n".join(sorted(found[fact])) for fact in EFFECTS if fact in found}


def _observed(environment: Mapping[str, str], notes: str) -> dict[str, str]:
    before = environment.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, [str(_OBSERVER), before]))
    return {
        **environment,
        "PYTHONPATH": path,
        "SUREFOOT_OBSERVER": os.pathsep.join([notes, *filter(None, [before])]),
    }
