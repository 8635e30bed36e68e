"""The function that every fault happens to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.faults.bench import HANDLER


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task root with app.handler."""
    directory = tmp_path_factory.mktemp("task")
    (directory / "app.py").write_text(HANDLER)
    return directory
