"""Modes: what a umask of 077 hid is there for everybody again, and nothing else changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from surefoot_tools.seal.modes import fix_permissions


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = tmp_path / "task"
    (top / "pkg").mkdir(parents=True)
    for name, mode in {"app.py": 0o600, "run.sh": 0o700, "pkg/data.json": 0o640}.items():
        (top / name).write_text("")
        (top / name).chmod(mode)
    (top / "pkg").chmod(0o700)
    top.chmod(0o700)
    return top


def modes(top: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o7777 for path in (top, *top.rglob("*"))}


def test_everybody_reads_all_and_runs_what_the_owner_runs(tree: Path) -> None:
    changed = fix_permissions([str(tree)])
    assert modes(tree) == {
        "task": 0o755,
        "pkg": 0o755,
        "app.py": 0o644,
        "run.sh": 0o755,
        "data.json": 0o644,
    }
    assert len(changed) == 5


def test_a_second_time_changes_nothing(tree: Path) -> None:
    fix_permissions([str(tree)])
    assert fix_permissions([str(tree)]) == []


def test_what_others_could_write_or_run_as_its_owner_is_closed(tree: Path) -> None:
    (tree / "run.sh").chmod(0o4777)
    (tree / "app.py").chmod(0o666)
    fix_permissions([str(tree)])
    assert modes(tree)["run.sh"] == 0o755
    assert modes(tree)["app.py"] == 0o644


def test_a_link_and_what_it_leads_to_are_left_alone(tree: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "file").write_text("")
    (outside / "file").chmod(0o600)
    (tree / "link").symlink_to(outside)
    (tree / "broken").symlink_to("nowhere")
    fix_permissions([str(tree)])
    assert outside.stat().st_mode & 0o777 == 0o700
    assert (outside / "file").stat().st_mode & 0o777 == 0o600


def test_a_special_file_is_left_alone(tree: Path) -> None:
    os.mkfifo(tree / "pipe", 0o600)
    fix_permissions([str(tree)])
    assert (tree / "pipe").stat().st_mode & 0o777 == 0o600


def test_a_named_program_is_made_runnable_and_may_be_a_top_itself(tree: Path) -> None:
    program = str(tree / "app.py")
    assert fix_permissions([program], {program}) == [program]
    assert (tree / "app.py").stat().st_mode & 0o777 == 0o755
