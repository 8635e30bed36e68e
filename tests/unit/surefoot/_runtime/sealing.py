"""A package on disk, sealed, and what a fresh interpreter finds out about it either way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import seal_init
from tests.support.process import RUNTIME

START = """
import sys
runtime, sealed, packages = sys.argv[1:4]
sys.path.insert(0, runtime)
from surefoot._runtime import sealed_init
sys.path[:2] = [packages]
served = []
def note(name, path=None, target=None):
    spec = find(name, path, target)
    if spec is not None:
        served.append(name)
    return spec
finder = sealed_init.install(sealed) if sealed else None
if finder:
    find, finder.find_spec = finder.find_spec, note
def show(value):
    import json
    print(json.dumps(value))
"""


class Packages:
    """A folder of packages; `seal` writes its sealed file, `run` starts an interpreter on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "packages"
        self.record = folder / "record"
        self.sealed = Path(f"{self.record}.init")
        self.folder.mkdir()

    def write(self, sources: dict[str, str]) -> None:
        """Write modules, by their paths without .py."""
        for name, source in sources.items():
            path = self.folder / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)

    def modules(self) -> Iterator[tuple[str, str]]:
        """Yield each module's name and its source."""
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), str(path)

    def seal(self, *patterns: tuple[str | bytes, int], **extra: Any) -> Path:
        """Seal all of it, with `extra` modules by their names."""
        modules = {**dict(self.modules()), **extra}
        seal_init(InitFacts(modules=modules, patterns=list(patterns)), str(self.record))
        return self.sealed

    def run(self, source: str, *, sealed: bool = True) -> Any:
        """Return what the source gives to show(), in a fresh interpreter."""
        where = str(self.sealed) if sealed else ""
        command = [sys.executable, "-S", "-c", START + source, str(RUNTIME), where]
        done = subprocess.run(
            [*command, str(self.folder)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        return json.loads(done.stdout)
