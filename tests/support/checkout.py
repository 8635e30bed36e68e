"""A git checkout to build and push from."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.small_images import OWN

VERSION = "3.2.1"


@dataclass(frozen=True)
class Checkout:
    """A clean git checkout with one function in it."""

    root: Path
    function: Path

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
        command = ["git", "-C", str(self.root), *who, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")

    @property
    def revision(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    @property
    def tag(self) -> str:
        return f"{VERSION}-{self.revision[:12]}-{OWN}"


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    function = root / "push-test-hello"
    function.mkdir(parents=True)
    (root / "pyproject.toml").write_text(f'[project]\nname = "x"\nversion = "{VERSION}"\n')
    (function / "Dockerfile").write_text('FROM scratch\nCMD ["app.handler"]\n')
    made = Checkout(root, function)
    made.git("init", "--quiet")
    made.commit()
    return made
