from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import entry_point
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, whole


def test_catches_an_entry_point_that_is_not_there(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").unlink()
    assert places(entry_point, whole(root), "SF101") == ["/lambda-entrypoint.sh"]


@pytest.mark.parametrize("mode", [0o644, 0o744, 0o751])
def test_catches_an_entry_point_that_others_cannot_run(tmp_path: Path, mode: int) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").chmod(mode)
    [finding] = found(entry_point, whole(root), "SF101")
    assert finding.path == "/lambda-entrypoint.sh"
    assert f"{mode:04o}" in finding.message
    assert "chmod 755 /lambda-entrypoint.sh" in finding.remedy


def test_catches_an_image_that_names_no_program(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), handler="", entrypoint=())
    assert len(found(entry_point, context, "SF101")) == 1


def test_catches_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "lambda-entrypoint.sh").unlink()
    (root / "lambda-entrypoint.sh").symlink_to("/opt/gone.sh")
    assert places(entry_point, whole(root), "SF101") == ["/lambda-entrypoint.sh"]


def test_catches_a_program_that_is_nowhere_on_the_path(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path / "root"), entrypoint=("python3", "-m", "surefoot"))
    assert len(found(entry_point, context, "SF101")) == 1


def test_catches_a_bootstrap_that_others_cannot_run_or_that_is_not_there(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    (root / "var/runtime/bootstrap").chmod(0o700)
    assert places(entry_point, whole(root), "SF102") == ["/var/runtime/bootstrap"]
    (root / "var/runtime/bootstrap").unlink()
    assert places(entry_point, whole(root), "SF102") == ["/var/runtime/bootstrap"]


def test_does_not_catch_a_sound_image(tmp_path: Path) -> None:
    assert list(entry_point.check(whole(sound_root(tmp_path / "root")))) == []


def test_does_not_catch_a_program_that_is_found_through_links_and_path(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"opt/python/bin/python3.13": "\x7fELF"}, 0o755)
    (root / "var/lang").mkdir()
    (root / "var/lang/bin").symlink_to("../../opt/python/bin")
    (root / "opt/python/bin/python3").symlink_to("python3.13")
    context = whole(
        root,
        entrypoint=("python3", "-m", "surefoot"),
        variables={"PATH": "/usr/bin:/var/lang/bin"},
    )
    assert list(entry_point.check(context)) == []


def test_does_not_catch_a_missing_bootstrap_where_another_program_is_started(
    tmp_path: Path,
) -> None:
    root = sound_root(tmp_path / "root")
    (root / "var/runtime/bootstrap").unlink()
    plant(root, {"usr/bin/python3": "\x7fELF"}, 0o755)
    context = whole(root, entrypoint=("/usr/bin/python3", "-m", "surefoot"))
    assert list(entry_point.check(context)) == []
