"""The command line: help, usage, unknown commands."""

from __future__ import annotations

import pytest

from rie.__main__ import COMMANDS, WIDTH
from tests.support.rie_command import rie


def test_help_names_every_command() -> None:
    done = rie("--help")
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert all(f"  {name:{WIDTH}} {command.summary}" in lines for name, command in COMMANDS.items())
    assert done.stdout == rie().stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_usage_summary_options_and_an_example(name: str) -> None:
    done = rie(name, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith(f"Usage: python -m rie {name} [")
    summary = lines[lines.index("") + 1]
    assert summary.startswith("  ")
    assert summary.endswith(".")
    assert "Options:" in lines
    assert "Examples:" in lines
    assert all(len(line) <= 100 for line in lines)


def test_an_unknown_command_is_wrong_usage_and_the_nearest_is_named() -> None:
    done = rie("deplo")
    assert (done.returncode, done.stdout) == (2, b"")
    assert "error: there is no command 'deplo'. Did you mean deploy?" in done.stderr.decode()


def test_an_unknown_option_is_wrong_usage() -> None:
    done = rie("pin", "--nope")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines()[-3:] == [
        "Try 'python -m rie pin --help' for help.",
        "",
        "error: unrecognized arguments: --nope",
    ]
