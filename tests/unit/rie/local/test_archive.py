"""Archives are unpacked with their modes, and hostile ones are refused by the entry's name."""

from __future__ import annotations

import os
import stat
import struct
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rie.errors import UserError
from rie.local import archive as archives
from rie.local.archive import MOST_BYTES, Allowance, lay_over, unpack

FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777
UNIX, WINDOWS = 3, 0


def entry(name: str, mode: int = FILE, system: int = UNIX) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = system
    info.external_attr = mode << 16
    return info


@contextmanager
def under_umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


class Lab:
    """A folder to unpack into, and archives next to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "task"
        self.folder.mkdir()
        self.archive = folder / "function.zip"
        self.allowance = Allowance()

    def pack(self, *entries: tuple[zipfile.ZipInfo, str | bytes]) -> Path:
        with zipfile.ZipFile(self.archive, "w") as target, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that are there twice
            for info, content in entries:
                target.writestr(info, content)
        return self.archive

    def unpack(self, *entries: tuple[zipfile.ZipInfo, str | bytes]) -> None:
        unpack(self.pack(*entries) if entries else self.archive, self.folder, self.allowance)

    def refuse(self, *entries: tuple[zipfile.ZipInfo, str | bytes]) -> UserError:
        with pytest.raises(UserError) as caught:
            self.unpack(*entries)
        outside = {path.name for path in self.folder.parent.iterdir()}
        assert outside == {"task", "function.zip"}
        return caught.value

    def mode(self, name: str) -> int:
        return stat.S_IMODE((self.folder / name).stat().st_mode)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_files_and_folders_have_the_modes_of_their_entries_whatever_the_umask(
    lab: Lab, mask: int
) -> None:
    with under_umask(mask):
        lab.unpack(
            (entry("app.py", FILE), "code"),
            (entry("bin/", stat.S_IFDIR | 0o750), ""),
            (entry("bin/tool", stat.S_IFREG | 0o4755), "#!/bin/sh"),
            (entry("a/b/c.txt", stat.S_IFREG | 0o600), "deep"),
        )
    assert [lab.mode(name) for name in ("app.py", "bin", "bin/tool")] == [0o644, 0o750, 0o755]
    assert [lab.mode(name) for name in ("a", "a/b", "a/b/c.txt")] == [0o755, 0o755, 0o600]
    assert (lab.folder / "a/b/c.txt").read_text() == "deep"


def test_entries_without_modes_are_readable_and_not_programs(lab: Lab) -> None:
    lab.unpack((entry("app.py", 0, WINDOWS), "code"), (entry("d/", 0, WINDOWS), ""))
    assert (lab.mode("app.py"), lab.mode("d")) == (0o644, 0o755)
    assert lab.allowance.unreadable == []


def test_entries_that_lambdas_user_cannot_read_are_named(lab: Lab) -> None:
    lab.unpack(
        (entry("secret.py", stat.S_IFREG | 0o600), ""),
        (entry("no-mode.py", 0), ""),  # as zipfile.ZipInfo makes them
        (entry("closed/", stat.S_IFDIR | 0o700), ""),
        (entry("fine.py"), ""),
    )
    assert lab.allowance.unreadable == ["secret.py", "no-mode.py", "closed/"]
    assert lab.mode("no-mode.py") == 0o600


def test_links_within_the_archive_are_links(lab: Lab) -> None:
    lab.unpack(
        (entry("lib/libx.so", LINK), "libx.so.1"),
        (entry("lib/libx.so.1"), "library"),
        (entry("up", LINK), "lib/../lib"),
        (entry("loose", LINK), "not/there"),
    )
    assert (lab.folder / "lib/libx.so").readlink() == Path("libx.so.1")
    assert (lab.folder / "up/libx.so").read_text() == "library"
    assert (lab.folder / "loose").is_symlink()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "leads out of the folder"),
        ("a/../../evil", "leads out of the folder"),
        ("a/..", "leads out of the folder"),
        ("/etc/evil", "is absolute"),
        ("//evil", "is absolute"),
        (".", "has no name"),
    ],
)
def test_a_name_outside_of_the_folder_is_refused(lab: Lab, name: str, reason: str) -> None:
    error = lab.refuse((entry("app.py"), "code"), (entry(name), "evil"))
    assert f"function.zip, entry {name!r}" in error.reason
    assert reason in error.reason
    assert list(lab.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("links", "name"),
    [
        ([("out", "/etc")], "out"),
        ([("out", "..")], "out"),
        ([("a/out", "../../task-2")], "a/out"),
        ([("a/b", ".."), ("x", "a/b/..")], "x"),  # one link leads out through another
        ([("x", "a/b/.."), ("a/b", "..")], "x"),
    ],
)
def test_a_link_out_of_the_folder_is_refused(
    lab: Lab, links: list[tuple[str, str]], name: str
) -> None:
    error = lab.refuse(*((entry(path, LINK), target) for path, target in links))
    assert f"entry '{name}': it links to" in error.reason
    assert "out of the folder" in error.reason


def test_nothing_is_written_through_a_link(lab: Lab) -> None:
    lab.folder.joinpath("untouched").mkdir()
    error = lab.refuse((entry("d", LINK), "untouched"), (entry("d/file"), "evil"))
    assert "'d/file': 'd', in which it would be, is no folder" in error.reason
    assert list(lab.folder.joinpath("untouched").iterdir()) == []


def test_a_link_of_a_lower_layer_cannot_be_led_out_by_an_upper_one(lab: Lab) -> None:
    lab.unpack(
        (entry("a/b/", FOLDER), ""), (entry("d", LINK), "a/b"), (entry("x", LINK), "d/../../y")
    )
    error = lab.refuse((entry("d/", FOLDER), ""))
    assert "entry 'x': it links to 'd/../../y', out of the folder" in error.reason


def test_a_link_in_a_circle_harms_nothing(lab: Lab) -> None:
    lab.unpack((entry("a", LINK), "b"), (entry("b", LINK), "a"))
    assert (lab.folder / "a").is_symlink()


@pytest.mark.parametrize("target", ["", "a\0b", "x" * 4097])
def test_a_link_without_a_usable_target_is_refused(lab: Lab, target: str) -> None:
    assert "'a': it is a link" in lab.refuse((entry("a", LINK), target)).reason


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_are_refused(lab: Lab, kind: int) -> None:
    error = lab.refuse((entry("device", kind | 0o666), ""))
    assert "'device': it is neither a file, a folder nor a link" in error.reason


@pytest.mark.parametrize(("name", "mode"), [("file", FOLDER), ("folder/", FILE), ("link/", LINK)])
def test_a_name_that_does_not_fit_its_attributes_is_refused(lab: Lab, name: str, mode: int) -> None:
    assert "do not agree" in lab.refuse((entry(name, mode), "")).reason


def test_a_file_and_a_folder_of_one_name_are_refused(lab: Lab) -> None:
    error = lab.refuse((entry("a"), "file"), (entry("a/b"), "below"))
    assert "entry 'a/b': 'a', in which it would be, is no folder" in error.reason


def test_a_name_that_is_there_twice_is_refused(lab: Lab) -> None:
    error = lab.refuse((entry("a"), "one"), (entry("./a"), "two"))
    assert "'./a': the archive has two entries of this name" in error.reason


def test_a_folder_that_is_there_twice_is_one(lab: Lab) -> None:
    lab.unpack((entry("a/", FOLDER), ""), (entry("a/", FOLDER), ""))
    assert lab.mode("a") == 0o755


def test_a_bomb_is_refused_before_anything_is_written(lab: Lab) -> None:
    info = entry("zeros")
    info.compress_type = zipfile.ZIP_DEFLATED
    lab.pack((entry("app.py"), "code"), (info, bytes(1 << 20)))
    lab.allowance.left = 1 << 20
    error = lab.refuse()
    assert f"entry 'zeros': function and layers have more than {MOST_BYTES:,} bytes" in error.reason
    assert list(lab.folder.iterdir()) == []


def test_an_entry_that_has_more_than_it_says_is_cut_and_refused(lab: Lab) -> None:
    info = entry("bomb")
    info.compress_type = zipfile.ZIP_DEFLATED
    raw = lab.pack((info, bytes(1 << 20))).read_bytes()
    said = struct.pack("<L", 1 << 20)
    assert raw.count(said) == 2  # of the entry, and of the directory
    lab.archive.write_bytes(raw.replace(said, struct.pack("<L", 10)))
    error = lab.refuse()
    assert "not a sound .zip file" in error.reason
    assert "'bomb'" in error.reason
    assert (lab.folder / "bomb").stat().st_size <= 10


def test_function_and_layers_are_counted_together(lab: Lab) -> None:
    lab.allowance.left = 6
    lab.unpack((entry("a"), "1234"))
    assert "entry 'b'" in lab.refuse((entry("b"), "5678")).reason


def test_an_archive_larger_than_the_limit_is_not_even_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 10)
    assert "more than 10 bytes" in lab.refuse((entry("a"), "1234")).reason


def test_an_encrypted_entry_is_refused(lab: Lab) -> None:
    raw = bytearray(lab.pack((entry("a"), "1234")).read_bytes())
    raw[raw.index(b"PK\1\2") + 8] |= 1  # the directory's flags
    lab.archive.write_bytes(raw)
    assert "'a': it is encrypted" in lab.refuse().reason


def test_a_compression_that_few_programs_know_is_refused(lab: Lab) -> None:
    info = entry("a")
    info.compress_type = zipfile.ZIP_LZMA
    assert "'a': it is compressed by method 14" in lab.refuse((info, "1234")).reason


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\3\4 cut off"])
def test_what_is_no_archive_is_named(lab: Lab, content: bytes) -> None:
    lab.archive.write_bytes(content)
    assert "function.zip is not a sound .zip file" in lab.refuse().reason


def test_a_name_that_no_file_can_have_is_an_error(lab: Lab) -> None:
    assert "File name too long" in lab.refuse((entry("n" * 300), "")).reason


def test_a_later_layer_replaces_what_an_earlier_one_has(lab: Lab, tmp_path: Path) -> None:
    lab.unpack(
        (entry("file"), "old"),
        (entry("folder/below"), "old"),
        (entry("link", LINK), "file"),
        (entry("linked", LINK), "folder"),
        (entry("kept"), "kept"),
    )
    lab.unpack(
        (entry("file/below"), "new"),
        (entry("folder"), "new"),
        (entry("link"), "new"),
        (entry("linked/below"), "new"),
    )
    found = {
        str(path.relative_to(lab.folder)): path.read_text()
        for path in lab.folder.rglob("*")
        if path.is_file()
    }
    assert found == {
        **dict.fromkeys(["file/below", "folder", "link", "linked/below"], "new"),
        "kept": "kept",
    }


def test_a_folder_is_laid_over_with_modes_and_links(lab: Lab, tmp_path: Path) -> None:
    layer = tmp_path / "task" / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "python" / "tool").write_text("#!/bin/sh")
    (layer / "python" / "tool").chmod(0o755)
    (layer / "t").symlink_to("python/tool")
    target = tmp_path / "task" / "opt"
    target.mkdir()
    (target / "t").write_text("old")
    (target / "python").write_text("old")
    lay_over(layer, target)
    lay_over(layer, target)
    assert stat.S_IMODE((target / "python" / "tool").stat().st_mode) == 0o755
    assert (target / "t").readlink() == Path("python/tool")
