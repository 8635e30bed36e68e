from __future__ import annotations

from pathlib import Path

import pytest

from rie.paths import ROOT, cache_dir, state_dir


def test_cache_and_state_follow_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "s"))
    assert (cache_dir(), state_dir()) == (tmp_path / "c" / "surefoot", tmp_path / "s" / "surefoot")
    assert state_dir().is_dir()


def test_the_root_is_the_repository() -> None:
    assert (ROOT / "pyproject.toml").is_file()
