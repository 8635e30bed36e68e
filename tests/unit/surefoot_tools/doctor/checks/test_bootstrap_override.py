from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.checks import bootstrap_override
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole


def test_catches_a_bootstrap_in_a_folder(tmp_path: Path) -> None:
    plant(tmp_path, {"bootstrap": "#!/bin/sh\n"}, 0o755)
    assert places(bootstrap_override, task(tmp_path), "SF108") == ["/var/task/bootstrap"]


def test_catches_a_bootstrap_in_the_layers_folder(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"opt/bootstrap": "#!/bin/sh\n"}, 0o644)
    assert places(bootstrap_override, whole(root), "SF108") == ["/opt/bootstrap"]


def test_does_not_catch_the_runtime_s_own_and_folders_of_that_name(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/bootstrap/css/bootstrap.css": "", "var/task/web/bootstrap": ""})
    assert list(bootstrap_override.check(whole(root))) == []


def test_does_not_catch_one_that_the_image_starts_on_purpose(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/bootstrap": "#!/bin/sh\n"}, 0o755)
    assert list(bootstrap_override.check(whole(root, entrypoint=("/var/task/bootstrap",)))) == []
