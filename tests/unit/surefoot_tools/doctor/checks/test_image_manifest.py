from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from surefoot_tools.doctor.checks import image_manifest
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, task, whole

AMD64 = {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}}
ARM64 = {"digest": "sha256:2", "platform": {"os": "linux", "architecture": "arm64"}}
ATTESTATION = {
    "digest": "sha256:3",
    "platform": {"os": "unknown", "architecture": "unknown"},
    "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
}


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ([AMD64, ARM64], "linux/amd64, linux/arm64"),
        ([AMD64, ATTESTATION, ARM64], "an index of 2 images"),
        ([AMD64, ATTESTATION], "an attestation"),
        ([AMD64], "around a single image"),
        ([{"digest": "sha256:4"}, AMD64], "of an unnamed platform"),
    ],
)
def test_catches_each_kind_of_index(
    tmp_path: Path, index: list[dict[str, Any]], words: str
) -> None:
    [finding] = found(image_manifest, whole(sound_root(tmp_path / "root"), index=index), "SF603")
    assert words in finding.message
    assert "build" in finding.remedy


def test_does_not_catch_a_plain_image_or_a_folder(tmp_path: Path) -> None:
    assert list(image_manifest.check(whole(sound_root(tmp_path / "root")))) == []
    assert list(image_manifest.check(task(plant(tmp_path, {"app.py": ""})))) == []
