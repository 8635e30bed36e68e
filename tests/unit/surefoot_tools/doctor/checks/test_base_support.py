from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import base_support
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole

AL2 = 'NAME="Amazon Linux"\nVERSION="2"\nID="amzn"\nVERSION_ID="2"\n'


def test_catches_amazon_linux_2(tmp_path: Path) -> None:
    root = plant(sound_root(tmp_path / "root"), {"etc/os-release": AL2})
    [finding] = found(base_support, whole(root), "SF606")
    assert "2026-06-30" in finding.message
    assert "provided:al2023" in finding.remedy


@pytest.mark.parametrize("text", [AL2.replace('"2"', '"2023"'), "ID=debian\nVERSION_ID=2\n", ""])
def test_does_not_catch_other_bases_and_folders(tmp_path: Path, text: str) -> None:
    root = plant(sound_root(tmp_path / "root"), {"etc/os-release": text})
    assert list(base_support.check(whole(root))) == []
    assert list(base_support.check(task(plant(tmp_path / "f", {"etc/os-release": AL2})))) == []
