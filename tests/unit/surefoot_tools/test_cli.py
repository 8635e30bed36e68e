from __future__ import annotations

import subprocess
import sys

import pytest

from surefoot import __version__
from surefoot_tools import cli
from tests.support.process import RUNTIME

LAUNCHER = RUNTIME.parent / "bootstrap" / "surefoot"


def test_without_a_command_it_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "profile" in captured.err


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["nope"])
    assert caught.value.code == 2
    assert "nope" in capsys.readouterr().err


def test_the_launcher_runs_the_command_with_the_runtimes_interpreter() -> None:
    variables = {"SUREFOOT_PYTHON": sys.executable, "LAMBDA_RUNTIME_DIR": str(RUNTIME)}
    done = subprocess.run(
        [LAUNCHER, "--version"], env=variables, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"surefoot {__version__}\n"


def test_no_command_is_imported_before_it_is_chosen() -> None:
    code = (
        "import sys, surefoot_tools.cli\n"
        "try: surefoot_tools.cli.main(['--version'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.endswith('.command')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
