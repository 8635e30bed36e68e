from __future__ import annotations

from pathlib import Path

from surefoot_tools.doctor.checks import privileges
from tests.unit.surefoot_tools.doctor.trees import found, places, plant, sound_root, task, whole


def test_catches_set_uid_and_set_gid_files(tmp_path: Path) -> None:
    plant(tmp_path, {"one": ""}, 0o4755)
    plant(tmp_path, {"two": ""}, 0o2755)
    findings = found(privileges, task(tmp_path), "SF109")
    assert [finding.path for finding in findings] == ["/var/task/one", "/var/task/two"]
    assert "4755" in findings[0].message


def test_catches_what_anybody_may_write(tmp_path: Path) -> None:
    plant(tmp_path, {f"pkg/{number}.py": "" for number in range(20)}, 0o666)
    (tmp_path / "pkg").chmod(0o777)
    assert places(privileges, task(tmp_path), "SF109") == ["/var/task/pkg"]


def test_does_not_catch_the_base_s_own_programs(tmp_path: Path) -> None:
    root = sound_root(tmp_path / "root")
    plant(root, {"usr/bin/su": ""}, 0o4755)
    plant(root, {"var/log/any": ""}, 0o666)
    assert list(privileges.check(whole(root))) == []


def test_does_not_catch_links_sticky_folders_and_folders_with_a_group(tmp_path: Path) -> None:
    plant(tmp_path, {"a/x": "", "b/x": ""})
    (tmp_path / "a").chmod(0o1777)
    (tmp_path / "b").chmod(0o2755)
    (tmp_path / "link").symlink_to("a")
    assert list(privileges.check(task(tmp_path))) == []
