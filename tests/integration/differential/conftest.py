"""One runner for the session, so that every scenario runs once per client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.differential.pair import Pairs


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pairs]:
    """Runs scenarios and remembers what happened."""
    runner = Pairs(tmp_path_factory.mktemp("task"))
    yield runner
    runner.close()
