from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.checks import line_endings
from tests.unit.surefoot_tools.doctor.trees import places, plant, sound_root, task, whole


def test_catches_a_shell_handler(tmp_path: Path) -> None:
    plant(tmp_path, {"function.sh": "handler () {\n  echo 1\r\n}\r\n"})
    assert places(line_endings, task(tmp_path), "SF104") == ["/var/task/function.sh:2"]


def test_catches_an_executable_of_any_language(tmp_path: Path) -> None:
    plant(tmp_path, {"tool": "#!/usr/bin/python3\r\nprint()\r\n"}, 0o755)
    assert places(line_endings, task(tmp_path), "SF104") == ["/var/task/tool:1"]


def test_catches_the_entry_point_and_the_bootstrap(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(
        root,
        {"lambda-entrypoint.sh": "#!/bin/sh\r\n", "var/runtime/bootstrap": "#!/bin/sh\r\n"},
        0o755,
    )
    assert places(line_endings, whole(root), "SF104") == [
        "/lambda-entrypoint.sh:1",
        "/var/runtime/bootstrap:1",
    ]


def test_does_not_catch_unix_line_ends(tmp_path: Path) -> None:
    plant(tmp_path, {"function.sh": "handler () {\n  printf 'a\\r\\n'\n}\n"})
    assert list(line_endings.check(task(tmp_path))) == []


def test_does_not_catch_python_and_data_which_may_have_them(tmp_path: Path) -> None:
    plant(tmp_path, {"app.py": "x = 1\r\n", "data.csv": "a,b\r\n"})
    assert list(line_endings.check(task(tmp_path))) == []


def test_does_not_catch_what_an_installed_package_brought(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {
            "pkg/run.sh": "echo\r\n",
            "pkg-1.0.dist-info/RECORD": "pkg/run.sh,,\npkg-1.0.dist-info/RECORD,,\n",
        },
    )
    assert list(line_endings.check(task(tmp_path))) == []


APP = "import subprocess\ndef handler(event, context): subprocess.run(['./used.sh'])\n"


def test_does_not_catch_scripts_that_the_handler_never_runs(tmp_path: Path) -> None:
    scripts = ("ci.sh", "scripts/train.sh", ".github/build.sh", "used.sh")
    plant(tmp_path, {"app.py": APP, **dict.fromkeys(scripts, "echo\r\n")})
    assert places(line_endings, task(tmp_path), "SF104") == ["/var/task/used.sh:1"]
