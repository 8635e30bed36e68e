"""The app in TypeScript makes the template that the one in Python makes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from rie.paths import cache_dir
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Front
from tests.integration.functions.cdk_deploy.tools import FUNCTION, Tools

SOURCE = FUNCTION / "typescript"
NIGHT = {"desired_count": 4, "db_class": "db.r6g.large", "db_instances": 3}


@pytest.fixture(scope="module")
def packages(cdk: Tools) -> Path:
    """A folder with the packages that package.json pins, as the image has them."""
    names = ("package.json", "package-lock.json")
    content = b"\0".join((SOURCE / name).read_bytes() for name in names)
    folder = cache_dir() / "cdk" / f"typescript-{hashlib.sha256(content).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the tests may be at it
        if not (folder / "complete").is_file():
            for name in names:
                shutil.copyfile(SOURCE / name, folder / name)
            npm = cdk.node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            words = [str(cdk.node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--silent"]
            path = f"{cdk.node.parent}:{os.environ.get('PATH', os.defpath)}"
            subprocess.run(words, cwd=folder, env={**os.environ, "PATH": path}, check=True)
            (folder / "complete").touch()
    return folder


@pytest.fixture
def typescript(
    packages: Path, example: Front, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """The app's folder below one with the packages."""
    folder = tmp_path / "task" / "app"
    folder.mkdir(parents=True)
    for name in ("app.ts", "cdk.json"):
        shutil.copyfile(SOURCE / name, folder / name)
    for name in ("node_modules", "package.json"):
        (folder.parent / name).symlink_to(packages / name)
    return folder


def synth(context: Any) -> Any:
    event = {"step": "synth", "stack": "nightly", "context": context}
    return invoke(handler, event, timeout=300)["template"]


def test_both_apps_make_one_template(typescript: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_python = synth(NIGHT)
    monkeypatch.setenv("CDK_APP", "node app.ts")
    monkeypatch.setenv("CDK_APP_DIR", str(typescript))
    assert synth(NIGHT) == in_python
    with pytest.raises(errors.CommandFailed, match="db_instances is '17'; it takes 1 to 16"):
        synth({"db_instances": 17})
