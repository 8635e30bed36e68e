"""A started emulator for a handler of tests/integration/rie/tasks, with its log in a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from rie.function import Function
from rie.local.official_rie import OfficialRie
from tests.support.checkout import checkout  # noqa: F401 (a fixture)

TASKS = Path(__file__).parent / "tasks"
Start = Callable[..., OfficialRie]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "emulator.log"


@pytest.fixture
def start(log: Path) -> Iterator[Start]:
    """Start an emulator by handler name; all of them are stopped when the test ends."""
    with ExitStack() as stack:
        output = stack.enter_context(log.open("w"))

        def started(handler: str, **options: Any) -> OfficialRie:
            function = Function("tasks", TASKS, handler)
            return stack.enter_context(OfficialRie(function, logs=output, **options))

        yield started


@pytest.fixture
def fifo(tmp_path: Path) -> Callable[[str], Path]:
    """Make named pipes: reading one waits for its writer, so tests need no sleep."""

    def made(name: str) -> Path:
        path = tmp_path / name
        os.mkfifo(path)
        return path

    return made
