"""`surefoot profile` as people run it: the launcher of the image, in a task directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import RUNTIME, measuring

LAUNCHER = RUNTIME.parent / "bootstrap" / "surefoot"

APP = """\
import json
import heavy
import idle

print("app is imported")


def handler(event, context):
    import html
    return {"escaped": html.escape(json.dumps(event)), "heavy": heavy.work()}


def fails(event, context):
    raise KeyError("no such thing")


def dies(event, context):
    import os
    os._exit(3)


def streams(event, context):
    yield b"first"
    yield json.dumps(event).encode()


def breaks(event, context):
    yield b"first"
    raise KeyError("in the middle")


async def waits(event, context):
    return "waited"


def never_ends(event, context):
    import threading
    threading.Event().wait()


def starts_python(event, context):
    import subprocess
    import sys
    command = [sys.executable, "-c", "import html.parser, json"]
    return subprocess.run(command, check=True).returncode
"""
# Enough code that compiling it is seen.
HEAVY = "\n".join(f"def f{n}(a, b=[{n}]):\n    return [a + x for x in b]" for n in range(300))
HEAVY += "\nimport decimal\n\n\ndef work():\n    return str(decimal.Decimal(1))\n"
IDLE = HEAVY.replace("import decimal", "import fractions")
SHELL = """\
echo sourced >&2
handler() {
    echo "called with $1" >&2
    echo '{"from": "bash"}'
}
"""


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A function with a heavy module of its own and one that it never uses, without bytecode."""
    directory = tmp_path / "task"
    directory.mkdir()
    (directory / "app.py").write_text(APP)
    (directory / "heavy.py").write_text(HEAVY)
    (directory / "idle.py").write_text(IDLE)
    (directory / "broken.py").write_text("raise ValueError('not today')\n")
    (directory / "script.sh").write_text(SHELL)
    return directory


@dataclass
class Done:
    """What the command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def profile(self) -> Any:
        return json.loads(self.stdout)

    def imports(self) -> dict[str, Any]:
        return {row["name"]: row for row in self.profile["imports"]}

    def advice(self, code: str, about: str = "") -> list[Any]:
        found: list[Any] = self.profile["advice"]
        return [each for each in found if each["code"] == code and about in each["message"]]


Profile = Callable[..., Done]


@pytest.fixture
def profile(task: Path) -> Profile:
    """Profile a handler of `task`, once."""

    def profiled(handler: str, *options: str, stdin: str = "", **variables: str) -> Done:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": "/tmp",
            "LAMBDA_RUNTIME_DIR": str(RUNTIME),
            "SUREFOOT_PYTHON": sys.executable,
            **measuring(),
            **variables,
        }
        done = subprocess.run(
            [LAUNCHER, "profile", handler, "--runs", "1", *options],
            cwd=task,
            env=environ,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return profiled


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing of coverage's among the modules and files of a profile."""
    for name in measuring():
        monkeypatch.delenv(name)
