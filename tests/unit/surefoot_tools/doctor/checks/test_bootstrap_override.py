from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import bootstrap_override
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole

EMULATOR = ("/usr/local/bin/aws-lambda-rie",)


@pytest.mark.parametrize("place", ["var/task/bootstrap", "opt/bootstrap"])
def test_catches_a_bootstrap_that_the_emulator_finds_first(tmp_path: Path, place: str) -> None:
    root = plant(sound_root(tmp_path / "root"), {place: "#!/bin/sh\n"}, 0o755)
    context = whole(root, entrypoint=EMULATOR)
    assert places(bootstrap_override, context, "SF108") == [f"/{place}"]


def test_does_not_catch_one_that_surefoots_entry_point_never_looks_for(tmp_path: Path) -> None:
    plant(tmp_path / "task", {"bootstrap": "#!/bin/sh\n"}, 0o755)
    assert list(bootstrap_override.check(task(tmp_path / "task"))) == []
    root = plant(sound_root(tmp_path / "root"), {"var/task/bootstrap": "#!/bin/sh\n"}, 0o755)
    assert list(bootstrap_override.check(whole(root))) == []
    named = (*EMULATOR, "/var/runtime/bootstrap")
    assert list(bootstrap_override.check(whole(root, entrypoint=named))) == []


def test_does_not_catch_folders_of_that_name(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/bootstrap/css/bootstrap.css": "", "var/task/web/bootstrap": ""})
    assert list(bootstrap_override.check(whole(root, entrypoint=EMULATOR))) == []


def test_does_not_catch_one_that_the_image_starts_on_purpose(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"var/task/bootstrap": "#!/bin/sh\n"}, 0o755)
    assert list(bootstrap_override.check(whole(root, entrypoint=("/var/task/bootstrap",)))) == []
