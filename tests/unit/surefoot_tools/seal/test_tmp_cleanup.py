"""What init writes while it is sealed: it runs as Lambda's user, and nothing of it stays."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot_tools.seal import tmp_cleanup
from surefoot_tools.seal.tmp_cleanup import GROUP, USER, remove_new_files

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")
WRITES = """
umask 077
cd "$0"
mkdir -p model/deep
echo weights >model/deep/weights
echo token >.session
ln -s /etc/passwd link
mkfifo pipe
echo new >old/new
id -u; id -g; id -G
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder like /tmp, with something that another build step left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "old").mkdir()
        (folder / "old" / "kept").write_text("kept")
        for path in (folder, folder / "old"):
            path.chmod(0o1777)
        yield folder


def listed(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@as_root
def test_what_init_and_its_children_wrote_is_removed_and_nothing_else(shared: Path) -> None:
    theirs = shared / "of-the-same-user"
    theirs.write_text("from an earlier step")
    os.chown(theirs, USER, GROUP)
    before = listed(shared)
    with remove_new_files(folders=[str(shared)]) as identity:
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", WRITES, str(shared)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            **identity,  # type: ignore[call-overload]
        )
        assert set(before) < set(listed(shared))
    assert done.stdout == f"{USER}\n{GROUP}\n{GROUP}\n"
    assert listed(shared) == before


@as_root
def test_it_is_removed_after_a_failure_too(shared: Path) -> None:
    before = listed(shared)
    cleanup = remove_new_files(folders=[str(shared)])
    cleanup.__enter__()
    path = shared / "half"
    path.write_text("")
    os.chown(path, USER, GROUP)
    error = ZeroDivisionError()
    assert not cleanup.__exit__(ZeroDivisionError, error, None), "the failure is not hidden"
    assert listed(shared) == before


@pytest.mark.parametrize(
    ("table", "mapped"),
    [
        ("         0          0 4294967295\n", True),
        ("         0       1000          1\n         1     100000      65536\n", True),
        ("         0       1000          1\n", False),
    ],
)
def test_a_builder_that_maps_root_only_has_no_such_user(
    tmp_path: Path, table: str, mapped: bool
) -> None:
    path = tmp_path / "uid_map"
    path.write_text(table)
    assert tmp_cleanup._is_mapped(USER, str(path)) is mapped


def test_where_the_user_cannot_be_changed_init_runs_as_this_one_and_a_line_says_so(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with remove_new_files(folders=[str(shared)]) as identity:
        assert identity == {}
        (shared / "written").write_text("")
    assert (shared / "written").exists()
    assert f"no user {USER} here" in capsys.readouterr().err
