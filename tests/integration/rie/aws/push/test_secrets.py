"""The registry's password stays in memory: not on disk, in an argument, a variable or a log."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rie.aws.push.repository import Credentials
from rie.paths import ROOT
from tests.integration.rie.aws.push.conftest import Load
from tests.support.aws import variables
from tests.support.checkout import Checkout
from tests.support.registry import Server

# The command as it is, but for the doctor: a tiny image would not pass it.
COMMAND = """
from rie.cli import CommandParser
from rie.aws.push import command as push
parser = CommandParser("rie push")
push.add_arguments(parser)
raise SystemExit(push.execute(parser.parse_args(), doctor=lambda image: []))
"""
# Notes how a program was started, with which variables, then becomes it.
SPY = """#!/bin/sh
{{ printf '%s\\n' "$@"; env; }} >>'{notes}'
exec '{program}' "$@"
"""


@pytest.fixture
def spied(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with programs that note their starts, and the notes."""
    folder, notes = tmp_path / "spies", tmp_path / "notes"
    folder.mkdir()
    for name in ("git", "docker"):
        spy = folder / name
        spy.write_text(SPY.format(notes=notes, program=shutil.which(name) or "/bin/false"))
        spy.chmod(0o755)
    return folder, notes


def test_a_push_leaves_the_password_nowhere(
    aws: str,
    load: Load,
    checkout: Checkout,
    registry_server: Server,
    repository: str,
    password: str,
    spied: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder, notes = spied
    own = {"HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": str(home)}
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COMMAND, "--function", str(checkout.function), "--create"]
    command += ["--image", load("secret"), "--repository", repository]
    command += ["--registry", registry_server.address]
    done = subprocess.run(
        command,
        env={**os.environ, **variables(aws), **own, **path, "DOCKER_CONFIG": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rev-parse" in notes.read_text()  # the spies were there
    assert not [path for path in home.rglob("*") if path.is_file()]
    for secret in (password, base64.b64encode(f"AWS:{password}".encode()).decode()):
        assert secret not in done.stdout + done.stderr + notes.read_text()


def test_credentials_never_print_their_password() -> None:
    assert "hunter2" not in f"{Credentials('AWS', 'hunter2')!r}"
