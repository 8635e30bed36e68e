"""The package where pip put it: there is no bootstrap, and it is started with python -m."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path

from tests.support.process import RUNTIME


def test_it_is_profiled_as_it_is_started_there(tmp_path: Path, task: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    (packages,) = home.glob("lib/python*/site-packages")
    for name in ("surefoot", "surefoot_tools"):
        (packages / name).symlink_to(RUNTIME / name)
    done = subprocess.run(
        [home / "bin" / "python", "-m", "surefoot_tools.cli", "profile", "app.handler", "--json"],
        cwd=task,
        env={"HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["launch"] == "module"
    assert [stage["name"] for stage in found["stages"]] == [
        *("interpreter", "runtime", "handler", "call")
    ]
    assert any("python -m surefoot" in note for note in found["notes"])
    (unused,) = (each for each in found["advice"] if each["code"] == "SP201")
    assert unused["message"].startswith("idle, imported at app.py:3,")
