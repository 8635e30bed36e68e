from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rie.emulator.watch import list_changes, take_snapshot, watch


def test_added_changed_and_removed_files_are_seen_and_caches_are_not(tmp_path: Path) -> None:
    (tmp_path / "same.py").write_text("1")
    (tmp_path / "changed.py").write_text("1")
    (tmp_path / "removed.py").write_text("1")
    (tmp_path / "folder").mkdir()
    before = take_snapshot(tmp_path)
    (tmp_path / "changed.py").write_text("22")
    (tmp_path / "removed.py").unlink()
    (tmp_path / "folder" / "added.py").write_text("1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "same.pyc").write_text("1")
    changes = list_changes(before, take_snapshot(tmp_path))
    assert changes == ["changed.py", "folder/added.py", "removed.py"]


def test_each_change_is_reported_once(tmp_path: Path) -> None:
    seen: list[list[str]] = []
    rounds = iter(["1", None, "22", None])

    async def sleep(seconds: float) -> None:
        try:
            content = next(rounds)
        except StopIteration:
            raise asyncio.CancelledError from None
        if content is not None:
            (tmp_path / "app.py").write_text(content)

    async def on_change(changes: list[str]) -> None:
        seen.append(changes)

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await watch(tmp_path, take_snapshot(tmp_path), on_change, sleep=sleep)

    asyncio.run(run())
    assert seen == [["app.py"], ["app.py"]]
