from __future__ import annotations

import os
from pathlib import Path

from surefoot_tools.doctor.checks import image_size
from surefoot_tools.doctor.context import Layer, OverwrittenFile
from tests.unit.surefoot_tools.doctor.trees import found, sound_root, task, whole

MIB = 1 << 20


def sparse(path: Path, length: int) -> None:
    path.touch()
    os.truncate(path, length)


def test_catches_a_root_that_is_larger_than_lambda_takes(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    sparse(root / "var/task/model.bin", 10_240 * MIB + 1)
    [finding] = image_size.check(whole(root))
    assert finding.code == "SF601"
    assert "10240.0 MiB" in finding.message


def test_catches_layers_that_together_are_larger(tmp_path: Path) -> None:
    layers = [Layer(400 * MIB, "RUN step")] * 26
    context = whole(sound_root(tmp_path / "root"), layers=layers)
    assert [finding.code for finding in image_size.check(context)] == ["SF601"]


def test_catches_files_that_a_later_layer_deletes(tmp_path: Path) -> None:
    hidden = [
        OverwrittenFile("/tmp/a.whl", 30 * MIB, 2),
        OverwrittenFile("/tmp/b.whl", 20 * MIB, 1),
    ]
    layers = [Layer(60 * MIB, "/bin/sh -c curl x", hidden), Layer(0), Layer(0)]
    context = whole(sound_root(tmp_path / "root"), layers=layers)
    [finding] = found(image_size, context, "SF602")
    assert "layer 1 of 3 (/bin/sh -c curl x) holds 50.0 MiB in 2 files" in finding.message
    assert "layer 2, 3 deletes" in finding.message
    assert "/tmp/a.whl (30.0 MiB), /tmp/b.whl (20.0 MiB)" in finding.message


def test_catches_one_large_layer(tmp_path: Path) -> None:
    layers = [Layer(30 * MIB), Layer(501 * MIB, "COPY dir:1234 in /var/task")]
    context = whole(sound_root(tmp_path / "root"), layers=layers)
    [finding] = found(image_size, context, "SF602")
    assert finding.message == "layer 2 of 2 (COPY dir:1234 in /var/task) is 501.0 MiB"


def test_does_not_catch_what_fits(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    sparse(root / "var/task/model.bin", 10_000 * MIB)
    assert list(image_size.check(whole(root))) == []
    assert list(image_size.check(task(root / "var/task"))) == []


def test_does_not_catch_small_changes_between_layers(tmp_path: Path) -> None:
    layers = [Layer(100 * MIB, "RUN x", [OverwrittenFile("/etc/passwd", MIB, 1)]), Layer(MIB)]
    assert list(image_size.check(whole(sound_root(tmp_path / "root"), layers=layers))) == []
