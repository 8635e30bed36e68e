from __future__ import annotations

import os
from pathlib import Path

import pytest

from surefoot_tools.profile.code_origin import CodeOrigin
from surefoot_tools.profile.launch import RUNTIME
from surefoot_tools.profile.probe_events import Module


@pytest.fixture
def areas(tmp_path: Path) -> CodeOrigin:
    """A task root with a package that pip installed into it, and a module of its own."""
    metadata = tmp_path / "lib-1.0.dist-info"
    metadata.mkdir()
    (tmp_path / "lib").mkdir()
    for name in ("lib/__init__.py", "single.py"):
        (tmp_path / name).touch()
    (metadata / "METADATA").write_text("Name: lib\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("lib/__init__.py,,\nsingle.py,,\n../../bin/lib,,\n")
    return CodeOrigin(str(tmp_path), {})


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("{task}/app.py", "function"),
        ("{task}/app/lib/x.py", "function"),
        ("{task}/lib/deep/x.py", "packages"),
        ("{task}/single.py", "packages"),
        ("/usr/lib/python3/dist-packages/x.py", "packages"),
        ("/opt/python/x.py", "packages"),
        ("{os}", "interpreter"),
        ("{runtime}/surefoot/_runtime/loop.py", "runtime"),
        (None, "interpreter"),
    ],
)
def test_every_file_belongs_to_somebody(
    areas: CodeOrigin, tmp_path: Path, path: str | None, area: str
) -> None:
    place = path and path.format(task=tmp_path, os=os.__file__, runtime=RUNTIME)
    assert areas.of(Module("x", place)) == area
