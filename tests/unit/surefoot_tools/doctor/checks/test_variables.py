from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import variables
from surefoot_tools.doctor.context import load_check_data
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole


@pytest.mark.parametrize("name", load_check_data()["reserved_variables"])
def test_catches_each_reserved_variable(tmp_path: Path, name: str) -> None:
    context = whole(sound_root(tmp_path / "root"), variables={"HOME": "/tmp", name: "x"})
    [finding] = variables.check(context)
    assert finding.code == "SF301"
    assert name in finding.message
    assert f"ENV {name}" in finding.remedy


def test_catches_env(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), variables={"HOME": "/tmp", "ENV": "prod"})
    [finding] = variables.check(context)
    assert finding.code == "SF302"
    assert "APP_ENV" in finding.remedy


@pytest.mark.parametrize("home", ["/root", "/tmpx", "/tmp/../root", "", None])
def test_catches_a_home_that_cannot_be_written(tmp_path: Path, home: str | None) -> None:
    given = {} if home is None else {"HOME": home}
    context = whole(sound_root(tmp_path / "root"), variables=given)
    [finding] = found(variables, context, "SF303")
    assert finding.remedy == "ENV HOME=/tmp"


def test_does_not_catch_what_base_images_set(tmp_path: Path) -> None:
    context = whole(
        sound_root(tmp_path / "root"),
        variables={
            "HOME": "/tmp/home",
            "LAMBDA_TASK_ROOT": "/var/task",
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "PATH": "/usr/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":/etc/localtime",
            "APP_ENV": "prod",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
        },
    )
    assert list(variables.check(context)) == []


def test_does_not_catch_anything_in_a_plain_folder(tmp_path: Path) -> None:
    assert list(variables.check(task(plant(tmp_path, {"app.py": ""})))) == []
