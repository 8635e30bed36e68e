"""A runtime and a function with boto3, on disk as an image has them, to be sealed and started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from surefoot_tools.seal.command import record_start
from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

BOOTSTRAP = str(RUNTIME.parent / "bootstrap" / "bootstrap")
PATIENCE = 60.0


class SealedImage:
    """A runtime and a function as an image has them, sealed."""

    def __init__(self, folder: Path, source: str) -> None:
        self.task = folder / "task"
        self.runtime = folder / "runtime"
        self.task.mkdir()
        (self.task / "app.py").write_text(source)
        shutil.copytree(RUNTIME / "surefoot", self.runtime / "surefoot")
        shutil.copy(RUNTIME / "start.py", self.runtime)
        self.record = self.runtime / ".surefoot-seal"
        self.sealed = Path(f"{self.record}.init")
        self.environ = {
            "PATH": os.defpath,
            "PYTHONPATH": str(Path(boto3.__file__).parents[1]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(folder / "home"),
            "LAMBDA_RUNTIME_DIR": str(self.runtime),
            "LAMBDA_TASK_ROOT": str(self.task),
            "SUREFOOT_PYTHON": sys.executable,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }

    def seal(self) -> None:
        """Seal it, as `surefoot seal app.handler` does after everything else."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.task)
            for name in os.environ:
                if name.startswith(("COV", "PYTHON")):
                    patch.delenv(name)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            record_start("app.handler", str(self.record), PATIENCE, allow_failure=False)

    def start(self, *wrapper: str) -> dict[str, Any]:
        """Start it, and return its second answer: the first still belongs to the start."""
        with RuntimeApi(then=Then.HANG_UP) as api:
            api.deliver(Invocation(), Invocation())
            done = subprocess.run(
                [*wrapper, BOOTSTRAP, "app.handler"],
                cwd=self.task,
                env={**self.environ, "AWS_LAMBDA_RUNTIME_API": api.address},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=DEADLINE * 3,
                check=False,
            )
            bodies = [request.body for request in api.complete(Route.RESPONSE)]
        assert len(bodies) == 2, done.stdout
        # Its last line says that the API hung up.
        assert "cannot connect" in done.stdout.splitlines().pop(), done.stdout
        assert len(done.stdout.splitlines()) == 1, done.stdout
        answer: dict[str, Any] = json.loads(bodies[1])
        return answer
