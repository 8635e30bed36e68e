from __future__ import annotations

from pathlib import Path

from surefoot.doctor.checks import ignored
from tests.doctor.trees import found, plant, sound_root, task, whole


def test_catches_expose(tmp_path: Path) -> None:
    subject = whole(sound_root(tmp_path / "root"), exposed=("8080/tcp", "9000/tcp"))
    [finding] = found(ignored, subject, "SF604")
    assert "8080/tcp, 9000/tcp" in finding.message


def test_catches_user(tmp_path: Path) -> None:
    [finding] = found(ignored, whole(sound_root(tmp_path / "root"), user="app"), "SF605")
    assert "USER app" in finding.message


def test_does_not_catch_an_image_without_them_or_a_folder(tmp_path: Path) -> None:
    assert list(ignored.check(whole(sound_root(tmp_path / "root")))) == []
    assert list(ignored.check(task(plant(tmp_path, {"app.py": ""})))) == []
