from __future__ import annotations

from pathlib import Path

from rie.paths import ROOT, cache_dir


def test_the_cache_follows_xdg() -> None:
    assert cache_dir({"XDG_CACHE_HOME": "/c"}) == Path("/c/surefoot")


def test_an_unset_or_relative_cache_home_means_the_default() -> None:
    default = Path.home() / ".cache" / "surefoot"
    assert cache_dir({}) == cache_dir({"XDG_CACHE_HOME": "relative"}) == default


def test_the_root_is_the_repository() -> None:
    assert (ROOT / "pyproject.toml").is_file()
