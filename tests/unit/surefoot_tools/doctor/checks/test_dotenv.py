from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import dotenv
from surefoot_tools.doctor.context import Layer, OverwrittenFile
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole


@pytest.mark.parametrize("name", [".env", ".env.local", "config/.env.production"])
def test_catches_settings_of_a_developer(tmp_path: Path, name: str) -> None:
    plant(tmp_path, {name: "A=1\n"})
    assert places(dotenv, task(tmp_path), "SF402") == [f"/var/task/{name}"]


def test_catches_them_in_another_working_directory(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"data/app/.env": "A=1\n"})
    assert places(dotenv, whole(root, workdir="/data/app"), "SF402") == ["/data/app/.env"]


def test_catches_one_that_a_later_layer_deletes(tmp_path: Path) -> None:
    lost = [OverwrittenFile("/var/task/.env", 5, 1), OverwrittenFile("/var/task/app.py", 5, 1)]
    context = whole(sound_root(tmp_path / "root"), layers=[Layer(10, "", lost), Layer(5)])
    [finding] = found(dotenv, context, "SF402")
    assert finding.path == "/var/task/.env"
    assert "in layer 1" in finding.message


def test_catches_one_that_a_later_layer_writes_anew_only_once(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"var/task/.env": ""})
    context = whole(
        root, layers=[Layer(10, "", [OverwrittenFile("/var/task/.env", 5, 1)]), Layer(5)]
    )
    assert places(dotenv, context, "SF402") == ["/var/task/.env"]


def test_does_not_catch_templates_folders_and_other_names(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            ".env.example": "",
            ".env.sample": "",
            "env": "",
            ".envrc": "",
            "app.env": "",
            ".env/x": "",
        },
    )
    assert list(dotenv.check(task(tmp_path))) == []
