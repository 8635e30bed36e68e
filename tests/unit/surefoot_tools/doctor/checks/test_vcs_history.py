from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import vcs_history
from surefoot_tools.doctor.context import Layer, OverwrittenFile
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole


@pytest.mark.parametrize("name", [".git", ".hg", ".svn", "vendor/lib/.git"])
def test_catches_a_repository(tmp_path: Path, name: str) -> None:
    plant(tmp_path, {f"{name}/HEAD": "ref: refs/heads/main\n", f"{name}/config": ""})
    assert places(vcs_history, task(tmp_path), "SF403") == [f"/var/task/{name}"]


def test_catches_the_file_of_a_worktree(tmp_path: Path) -> None:
    plant(tmp_path, {".git": "gitdir: /elsewhere\n"})
    assert places(vcs_history, task(tmp_path), "SF403") == ["/var/task/.git"]


def test_catches_a_repository_that_a_later_layer_deletes_once(tmp_path: Path) -> None:
    lost = [OverwrittenFile(f"/build/.git/objects/{number}", 5, 1) for number in range(30)]
    context = whole(sound_root(tmp_path / "root"), layers=[Layer(10, "", lost), Layer(5)])
    assert places(vcs_history, context, "SF403") == ["/build/.git"]


def test_does_not_catch_files_about_git(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/.gitignore": "", "var/task/.gitattributes": "", "var/task/git/x": ""})
    plant(root, {"usr/share/doc/.git/x": ""})
    assert list(vcs_history.check(whole(root))) == []


def test_does_not_catch_a_cache_that_marks_its_folder_with_an_empty_file(tmp_path: Path) -> None:
    plant(tmp_path, {"cache/.git": "", "worktree/.git": "gitdir: /repo/.git/worktrees/x\n"})
    assert places(vcs_history, task(tmp_path), "SF403") == ["/var/task/worktree/.git"]
