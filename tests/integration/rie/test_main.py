from __future__ import annotations

import pytest

from rie.__main__ import COMMANDS
from tests.support.rie_command import rie


def test_help_names_every_command() -> None:
    done = rie("--help")
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout.decode() for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str) -> None:
    done = rie(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: rie {name}".encode())


def test_an_unknown_command_is_wrong_usage() -> None:
    assert rie("nope").returncode == 2
