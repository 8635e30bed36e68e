from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from surefoot_tools.doctor.image.tree import Entry, Tree, from_folder, synthetic_folder
from tests.unit.surefoot_tools.doctor.trees import plant


def paths(tree: Tree, top: str = "/") -> list[str]:
    return [entry.path for entry in tree.under(top)]


def test_a_folder_stands_at_its_mount_with_the_folders_above(tmp_path: Path) -> None:
    plant(tmp_path, {"b/c.py": "", "a.py": ""})
    tree = from_folder(str(tmp_path), "/var/task")
    assert list(tree.entries) == [
        "/",
        "/var",
        "/var/task",
        "/var/task/a.py",
        "/var/task/b",
        "/var/task/b/c.py",
    ]
    assert paths(tree) == list(tree.entries)


def test_entries_have_the_facts_of_the_files(tmp_path: Path) -> None:
    plant(tmp_path, {"f": "12345"}, 0o640)
    (tmp_path / "link").symlink_to("f")
    os.mkfifo(tmp_path / "pipe")
    tree = from_folder(str(tmp_path))
    file, link, pipe = (tree.entries[name] for name in ("/f", "/link", "/pipe"))
    assert (file.is_file, file.permissions, file.size) == (True, 0o640, 5)
    assert (file.uid, file.gid) == (os.getuid(), (tmp_path / "f").stat().st_gid)
    assert (link.is_link, link.is_file, link.target) == (True, False, "f")
    assert [pipe.is_file, pipe.is_folder, pipe.is_link] == [False] * 3


def test_resolve_follows_links_as_the_kernel_does(tmp_path: Path) -> None:
    plant(tmp_path, {"usr/bin/python3.13": "x"})
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "usr/bin/python3").symlink_to("python3.13")
    (tmp_path / "usr/bin/python").symlink_to("/bin/python3")
    (tmp_path / "up").symlink_to("../../usr")
    tree = from_folder(str(tmp_path))
    for path in ("/bin/python", "/usr/bin/../bin/./python3", "/up/bin/python"):
        entry = tree.resolve(path)
        assert entry is not None
        assert entry.path == "/usr/bin/python3.13"
        assert tree.read(path) == b"x"


def test_resolve_finds_nothing_where_links_go_round_or_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to("gone")
    tree = from_folder(str(tmp_path))
    assert [tree.resolve(path) for path in ("/a", "/c", "/x/y")] == [None, None, None]
    with pytest.raises(FileNotFoundError):
        tree.read("/a")


def test_read_takes_as_much_as_is_asked_for(tmp_path: Path) -> None:
    tree = from_folder(str(plant(tmp_path, {"f": "12345"})), "/var/task")
    assert tree.read("/var/task/f") == b"12345"
    assert tree.read("/var/task/f", 2) == b"12"


def test_a_small_file_is_read_once_however_many_ask() -> None:
    reads: list[str] = []

    def read(path: str, size: int) -> bytes:
        reads.append(path)
        return b"12345"[:size] if size >= 0 else b"12345"

    file = stat.S_IFREG | 0o644
    small, large = Entry("/small", file, size=5), Entry("/large", file, size=1 << 20)
    tree = Tree({entry.path: entry for entry in (synthetic_folder("/"), small, large)}, read)
    for _ in range(3):
        assert tree.read("/small") == tree.read("/large") == b"12345"
    assert reads.count("/small") == 1
    assert reads.count("/large") == 3
    assert tree.read("/small", 2) == b"12"


def test_a_file_that_cannot_be_read_is_empty_and_noted(tmp_path: Path) -> None:
    tree = from_folder(str(plant(tmp_path, {"f": "12345"})))
    (tmp_path / "f").unlink()
    assert tree.read("/f") == b""
    assert tree.problems == {"/f": "No such file or directory"}


def test_folders_that_are_skipped_are_there_and_empty(tmp_path: Path) -> None:
    plant(tmp_path, {"proc/1/x": "", "a/proc/x": ""})
    tree = from_folder(str(tmp_path), skip=frozenset(["/proc"]))
    assert paths(tree) == ["/", "/a", "/a/proc", "/a/proc/x", "/proc"]


def test_what_is_mounted_is_left_out_on_one_device() -> None:
    mounted = Path("/proc").stat().st_dev != Path("/").stat().st_dev
    skip = frozenset(str(path) for path in Path("/").iterdir() if path.name != "proc")
    tree = from_folder("/", skip=skip, one_device=True)
    assert mounted
    assert list(tree.children("/proc")) == []


def test_the_mode_of_the_folder_stays_behind_unless_it_is_the_place_itself(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    assert from_folder(str(tmp_path), "/var/task").entries["/var/task"].permissions == 0o755
    assert from_folder(str(tmp_path), str(tmp_path)).entries[str(tmp_path)].permissions == 0o700


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        from_folder(str(tmp_path / "gone"))


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (tmp_path / name).write_text("x")
    tree = from_folder(str(tmp_path))
    assert tree.read(f"/{name}") == b"x"


def test_under_yields_a_folder_before_what_is_in_it() -> None:
    folder = stat.S_IFDIR | 0o755
    tree = Tree({path: Entry(path, folder) for path in ("/", "/a", "/a/b", "/c")}, lambda *_: b"")
    assert paths(tree, "/a") == ["/a", "/a/b"]
    assert paths(tree, "/gone") == []
