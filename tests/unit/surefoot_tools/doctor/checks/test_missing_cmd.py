from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.checks import missing_cmd
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole


def test_catches_an_image_without_a_command(tmp_path: Path) -> None:
    [finding] = found(missing_cmd, whole(sound_root(tmp_path / "root"), handler=""), "SF305")
    assert "CMD" in finding.remedy


def test_does_not_catch_an_image_with_a_command_or_a_handler(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    assert list(missing_cmd.check(whole(root))) == []
    assert list(missing_cmd.check(whole(root, command=()))) == []


def test_does_not_catch_where_the_command_is_not_known(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    assert list(missing_cmd.check(whole(root, handler="", configured=False))) == []
    assert list(missing_cmd.check(task(plant(tmp_path, {"app.py": ""})))) == []
