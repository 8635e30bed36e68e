from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.checks import ineffective_instructions
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole


def test_catches_expose(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), exposed=("8080/tcp", "9000/tcp"))
    [finding] = found(ineffective_instructions, context, "SF604")
    assert "8080/tcp, 9000/tcp" in finding.message


def test_catches_user(tmp_path: Path) -> None:
    [finding] = found(
        ineffective_instructions, whole(sound_root(tmp_path / "root"), user="app"), "SF605"
    )
    assert "USER app" in finding.message


def test_does_not_catch_an_image_without_them_or_a_folder(tmp_path: Path) -> None:
    assert list(ineffective_instructions.check(whole(sound_root(tmp_path / "root")))) == []
    assert list(ineffective_instructions.check(task(plant(tmp_path, {"app.py": ""})))) == []
