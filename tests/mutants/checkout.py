"""A copy of the checkout in which mutants are tried, and the process that runs its tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.targets import ROOT

WORK = ROOT / "build" / "mutants"
_PYTHON = ROOT / ".venv" / "bin" / "python"
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


class Checkout:
    """One copy; one run of tests at a time."""

    def __init__(self, name: str) -> None:
        self.path = WORK / name
        self._fill()
        environ = {
            **os.environ,
            # Nor do the runs write any.
            _NO_BYTECODE: "1",
            "PYTHONPATH": str(self.path),
        }
        self._compile(environ)
        self._nursery = subprocess.Popen(
            [str(_PYTHON), "-m", "tests.mutants.nursery"],
            cwd=self.path,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _fill(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for path in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
            if path and (ROOT / path).is_file():
                (self.path / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, self.path / path)

    def _compile(self, environ: dict[str, str]) -> None:
        """Compile all, once: bytecode that is known by a hash of its source fits no mutant."""
        options = ["-q", "--invalidation-mode", "checked-hash"]
        folders = ["runtime", "rie", "functions", "tests/support", "tests/unit"]
        subprocess.run(
            [str(_PYTHON), "-m", "compileall", *options, *folders], cwd=self.path, check=True
        )
        # pytest has bytecode of its own for files of tests, which no mutant changes.
        subprocess.run(
            [str(_PYTHON), "-m", "pytest", "-q", "--collect-only", "tests/unit"],
            cwd=self.path,
            env={key: value for key, value in environ.items() if key != _NO_BYTECODE},
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def fails(self, tests: Sequence[str], limit: float | None) -> bool:
        """Whether the tests fail, or take longer than so many seconds."""
        nursery = self._nursery
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        order = {"tests": [f"tests/{path}" for path in tests], "limit": limit}
        print(json.dumps(order), file=nursery.stdin, flush=True)
        answer = nursery.stdout.readline()
        if not answer:
            raise SystemExit(f"the process that runs the tests in {self.path} has ended.")
        self._end_others()
        return int(answer) != 0

    def _end_others(self) -> None:
        """End what still runs in the copy: a mutant may leave processes that never end."""
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                pid = int(path.parent.name)
                if pid != self._nursery.pid and os.fsencode(self.path) in path.read_bytes():
                    os.kill(pid, signal.SIGKILL)
            except OSError:
                continue  # it ended meanwhile, or is another user's

    def close(self) -> None:
        """End the process."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()
        self._nursery.stdout.close()
        self._nursery.wait()
