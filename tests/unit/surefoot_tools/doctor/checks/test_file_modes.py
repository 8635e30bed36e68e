from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import file_modes
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o700])
def test_catches_a_file_that_others_cannot_read(tmp_path: Path, mode: int) -> None:
    plant(tmp_path, {"app.py": ""}, mode)
    [finding] = found(file_modes, task(tmp_path), "SF105")
    assert finding.path == "/var/task/app.py"
    assert f"{mode:04o}" in finding.message
    assert "surefoot seal" in finding.remedy


def test_catches_a_whole_package_in_one_finding(tmp_path: Path) -> None:
    plant(tmp_path, {f"pkg/sub{number % 7}/m{number}.py": "" for number in range(700)}, 0o600)
    plant(tmp_path, {"app.py": "", "other/one.py": ""}, 0o600)
    findings = found(file_modes, task(tmp_path), "SF105")
    assert [finding.path for finding in findings] == [
        "/var/task/app.py",
        "/var/task/other/one.py",
        "/var/task/pkg",
    ]
    assert "700 of them, such as /var/task/pkg/sub0/m0.py" in findings[2].message


def test_catches_a_tree_copied_under_umask_077_in_two_findings(tmp_path: Path) -> None:
    plant(tmp_path, {f"pkg{number}/m.py": "" for number in range(40)}, 0o600)
    for folder in tmp_path.iterdir():
        folder.chmod(0o700)
    context = task(tmp_path)
    assert (
        places(file_modes, context, "SF105")
        == places(file_modes, context, "SF106")
        == ["/var/task"]
    )


@pytest.mark.parametrize("top", ["opt", "var/runtime", "var/lang"])
def test_catches_files_of_the_runtime_and_of_layers(tmp_path: Path, top: str) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {f"{top}/python/lib.py": ""}, 0o600)
    assert places(file_modes, whole(root), "SF105") == [f"/{top}/python/lib.py"]


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o754, 0o751])
def test_catches_a_folder_that_others_cannot_enter_and_list(tmp_path: Path, mode: int) -> None:
    plant(tmp_path, {"pkg/__init__.py": ""})
    (tmp_path / "pkg").chmod(mode)
    [finding] = found(file_modes, task(tmp_path), "SF106")
    assert finding.path == "/var/task/pkg"
    assert f"{mode:04o}" in finding.message


@pytest.mark.parametrize("above", ["", "var", "var/task"])
def test_catches_a_folder_above_the_function(tmp_path: Path, above: str) -> None:
    root = sound_root(tmp_path / "root")
    (root / above).chmod(0o700)
    assert places(file_modes, whole(root), "SF106") == [f"/{above}"]


def test_catches_nothing_more_once_its_remedy_was_followed(tmp_path: Path) -> None:
    plant(tmp_path, {"pkg/m.py": "", "tool": ""}, 0o700)
    (tmp_path / "pkg").chmod(0o700)
    remedies = {finding.remedy for finding in file_modes.check(task(tmp_path))}
    assert remedies == {
        "end the Dockerfile with RUN surefoot seal, or with RUN chmod -R a+rX /var/task"
    }
    subprocess.run(["chmod", "-R", "a+rX", str(tmp_path)], check=True)
    assert list(file_modes.check(task(tmp_path))) == []


def test_does_not_catch_usual_modes(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/read_only.py": ""}, 0o444)
    plant(root, {"var/task/tool": ""}, 0o755)
    assert list(file_modes.check(whole(root))) == []


def test_does_not_catch_links_and_what_no_function_reads(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"etc/shadow": "", "root/.bashrc": ""}, 0o600)
    (root / "root").chmod(0o700)
    (root / "var/task/link").symlink_to("/nowhere")
    assert list(file_modes.check(whole(root))) == []


def test_does_not_catch_the_mode_of_the_folder_that_is_copied(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": ""})
    tmp_path.chmod(0o700)
    assert list(file_modes.check(task(tmp_path))) == []


def test_catches_code_behind_a_link_that_others_cannot_reach_or_read(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"secret/lib/app.py": "", "srv/b.py": ""})
    (root / "secret").chmod(0o700)
    (root / "srv/b.py").chmod(0o600)
    (root / "var/task/app.py").unlink()
    (root / "var/task/app.py").symlink_to("/secret/lib/app.py")
    (root / "var/task/b.py").symlink_to("/srv/b.py")
    assert places(file_modes, whole(root), "SF106") == ["/secret"]
    [finding] = found(file_modes, whole(root), "SF105")
    assert finding.path == "/srv/b.py"
    assert "/var/task/b.py leads to it" in finding.message


def test_does_not_catch_links_to_data_or_to_what_may_be_read(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"srv/b.py": "", "etc/shadow": ""})
    (root / "etc/shadow").chmod(0o600)
    (root / "var/task/b.py").symlink_to("/srv/b.py")
    (root / "var/task/shadow").symlink_to("/etc/shadow")
    (root / "var/task/gone.py").symlink_to("/nowhere.py")
    assert list(file_modes.check(whole(root))) == []
