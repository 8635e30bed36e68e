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


def test_help_lists_the_commands_with_a_sentence_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    usage, _, options, commands = capsys.readouterr().out.rstrip().split("\n\n")
    assert usage == "Usage: surefoot [OPTIONS] COMMAND [ARGS]..."
    assert options.startswith("Options:\n")
    heading, *lines = commands.splitlines()
    assert heading == "Commands:"
    assert [line.split()[0] for line in lines] == list(cli.COMMANDS)
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Usage: surefoot {name} [OPTIONS] ")
    assert cli.COMMANDS[name][2] in text


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
