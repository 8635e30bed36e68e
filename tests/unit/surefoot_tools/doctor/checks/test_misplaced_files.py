from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import misplaced_files as check
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole


@pytest.mark.parametrize("folder", ["", "root/", "home/dev/", "app/src/", "function/"])
def test_catches_code_where_no_import_looks(tmp_path: Path, folder: str) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {f"{folder}other.py": ""})
    [finding] = found(check, whole(root, "main.handler"), "SF107")
    assert finding.path == f"/{folder}other.py"
    assert "/var/task" in finding.remedy


def test_catches_code_in_tmp(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"tmp/main.py": "", "tmp/run.sh": ""})
    assert places(check, whole(root, "main.handler"), "SF107") == ["/tmp/main.py", "/tmp/run.sh"]


def test_catches_folders_in_tmp_that_code_would_miss(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "tmp/out").mkdir(parents=True)
    assert places(check, whole(root), "SF111") == ["/tmp/out"]


def test_does_not_catch_other_code_where_the_handler_is_found(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"app/train.py": "", "tmp/.cache/uv/archive/lib.py": "", "usr/app/x.py": ""})
    assert places(check, whole(root), "SF107") == []
    assert places(check, whole(root), "SF111") == ["/tmp/.cache/uv/archive/lib.py"]
    plant(root, {"var/task/function.sh": "handler () { :; }\n"})
    assert places(check, whole(root, "function.handler"), "SF107") == []
    assert places(check, whole(root, ""), "SF107") == []


def test_catches_data_in_tmp(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {f"tmp/cache/{number}": "" for number in range(9)})
    assert places(check, whole(root), "SF111") == ["/tmp/cache"]


def test_catches_another_working_directory(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), workdir="/app")
    assert len(found(check, context, "SF112")) == 1


def test_does_not_catch_a_sound_image(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "tmp").mkdir()
    assert list(check.check(whole(root, workdir="/var/task/"))) == []


def test_does_not_catch_code_in_a_working_directory_or_on_pythonpath(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"app/app.py": "", "function/app.py": ""})
    context = whole(root, "x.handler", workdir="/app", variables={"PYTHONPATH": "/x:/function"})
    assert found(check, context, "SF107") == []


def test_does_not_catch_installed_packages_caches_and_system_code(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(
        root,
        {
            "root/.cache/tool.py": "",
            "usr/lib/python3/dist-packages/apt.py": "",
            "opt/python/layer.py": "",
            "home/me/pkg.py": "",
            "home/me/pkg-1.dist-info/RECORD": "pkg.py,,\n",
        },
    )
    assert list(check.check(whole(root, "other.handler"))) == []


def test_does_not_catch_anything_in_a_folder_whose_image_is_not_known(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": ""})
    assert list(check.check(task(tmp_path))) == []
