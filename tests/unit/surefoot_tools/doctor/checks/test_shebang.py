from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import shebang
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole


def test_catches_an_entry_point_whose_interpreter_is_missing(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"lambda-entrypoint.sh": "#!/bin/bash\n"}, 0o755)
    [finding] = found(shebang, whole(root), "SF103")
    assert (finding.path, finding.line) == ("/lambda-entrypoint.sh", 1)
    assert "/bin/bash" in finding.message


def test_catches_an_extension_whose_interpreter_is_missing(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"opt/extensions/agent": "#! /usr/bin/node\n"}, 0o755)
    assert places(shebang, whole(root), "SF103") == ["/opt/extensions/agent:1"]


@pytest.mark.parametrize(
    "line", ["#!/usr/bin/env python4", "#!/usr/bin/env -S python4 -u", "#!/usr/bin/env A=1 python4"]
)
def test_catches_a_program_that_env_does_not_find(tmp_path: Path, line: str) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"usr/bin/env": "\x7fELF", "var/task/tool": f"{line}\n"}, 0o755)
    [finding] = found(shebang, whole(root), "SF110")
    assert finding.path == "/var/task/tool"
    assert "python4" in finding.message


def test_catches_a_script_that_keeps_the_path_of_another_build_stage(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/bin/chardetect": "#!/build/venv/bin/python3\n"}, 0o755)
    assert places(shebang, whole(root), "SF110") == ["/var/task/bin/chardetect:1"]
    assert places(shebang, whole(root), "SF103") == []


def test_does_not_catch_interpreters_of_the_image(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"usr/bin/env": "\x7fELF", "usr/bin/python3.13": "\x7fELF"}, 0o755)
    (root / "usr/bin/python3").symlink_to("python3.13")
    plant(
        root,
        {
            "var/task/one": "#!/usr/bin/env python3\n",
            "var/task/two": "#!/bin/sh -e\n",
            "var/task/three": "#!\n",
            "var/task/four": "\x7fELF",
            "var/task/empty": "",
        },
        0o755,
    )
    assert list(shebang.check(whole(root))) == []


def test_does_not_catch_a_file_that_nobody_executes(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/lib.py": "#!/usr/bin/python2\n"}, 0o644)
    assert list(shebang.check(whole(root))) == []


def test_does_not_catch_anything_in_a_folder_whose_image_is_not_known(tmp_path: Path) -> None:
    plant(tmp_path, {"tool": "#!/no/such/thing\n"}, 0o755)
    assert list(shebang.check(task(tmp_path))) == []


def test_does_not_catch_scripts_for_other_systems(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"var/task/bin/Activate.ps1": "#!/usr/bin/env pwsh\n"}, 0o755)
    plant(root, {"var/task/run.CMD": "#!cmd\n"}, 0o755)
    assert list(shebang.check(whole(root))) == []
