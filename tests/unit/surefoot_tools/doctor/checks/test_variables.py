from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import variables
from surefoot_tools.doctor.context import load_check_data
from tests.unit.surefoot_tools.doctor.elves import elf
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole

# Lambda does not overwrite them in an image, or the image's entry point asks for them.
DECISIVE = {
    *("AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_RUNTIME_API"),
    "LAMBDA_RUNTIME_DIR",
}


@pytest.mark.parametrize("name", load_check_data()["reserved_variables"])
def test_catches_each_reserved_variable(tmp_path: Path, name: str) -> None:
    context = whole(sound_root(tmp_path / "root"), variables={"HOME": "/tmp", name: "x"})
    [finding] = variables.check(context)
    assert finding.code == ("SF301" if name in DECISIVE else "SF308")
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


LIBRARY = "var/lang/lib/python3.13/os.py"


@pytest.mark.parametrize(("home", "codes"), [("/usr", ["SF306"]), ("/var/lang/", []), ("", [])])
def test_catches_another_home_of_the_interpreter(
    tmp_path: Path, home: str, codes: list[str]
) -> None:
    root = plant(sound_root(tmp_path / "root"), {LIBRARY: ""})
    context = whole(root, variables={"HOME": "/tmp", "PYTHONHOME": home})
    assert [finding.code for finding in variables.check(context)] == codes


def test_catches_a_library_path_without_the_interpreters_own(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {LIBRARY: ""})
    plant(root, {"var/lang/bin/python3": elf({"libpython3.13.so.1.0": []})}, 0o755)
    plant(root, {"var/lang/lib/libpython3.13.so.1.0": elf()})

    def codes(**settings: str) -> list[str]:
        context = whole(root, variables={"HOME": "/tmp", **settings})
        return [finding.code for finding in variables.check(context)]

    assert codes(LD_LIBRARY_PATH="/opt/x") == ["SF307"]
    assert codes(LD_LIBRARY_PATH="/opt/x:/var/lang/lib") == []
    assert codes() == []
