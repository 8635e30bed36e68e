"""What is said where no engine answers. These tests need no engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from rie.engine import EngineError, connect, install


def test_no_engine_names_the_command_that_gets_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(EngineError, match="no container engine answers") as caught:
        connect()
    assert caught.value.remedy == "run `make engine`"


def test_where_apt_is_missing_says_to_install_docker_another_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="not a Debian system"):
        install(["docker.io"])
