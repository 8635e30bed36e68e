"""Cached folders are made once and never visible incomplete."""

from __future__ import annotations

from pathlib import Path

import pytest

from rie.paths import cached_folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_it_is_made_once_for_each_content() -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "file").write_text(str(len(made)))

    first, again, other = (cached_folder("things", content, make) for content in (b"a", b"a", b"b"))
    assert first == again != other
    assert [(folder / "file").read_text() for folder in (first, other)] == ["1", "2"]
    assert len(made) == 2


def test_a_failure_leaves_nothing_behind(cache: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        cached_folder("things", b"a", fail)
    assert list((cache / "surefoot" / "things").iterdir()) == []


def test_who_comes_second_takes_what_the_first_made() -> None:
    def make(folder: Path) -> None:
        cached_folder("things", b"a", lambda theirs: (theirs / "file").touch())
        (folder / "mine").touch()

    assert [path.name for path in cached_folder("things", b"a", make).iterdir()] == ["file"]
