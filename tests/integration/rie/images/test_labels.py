"""What an image says of its origin."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rie.images.labels import make_labels

ORIGIN = "org.opencontainers.image"


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    command = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "app.py").write_text("")
    git(tmp_path, "add", "app.py")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_the_revision_shows_uncommitted_changes(checkout: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    assert make_labels(checkout, "t", "b", None)[f"{ORIGIN}.revision"] == commit
    (checkout / "new.py").write_text("")
    assert make_labels(checkout, "t", "b", None)[f"{ORIGIN}.revision"] == f"{commit}-dirty"


def test_a_folder_without_git_has_no_revision(tmp_path: Path) -> None:
    reported = make_labels(tmp_path, "surefoot", "base:tag", None)
    assert set(reported) == {f"{ORIGIN}.{name}" for name in ("title", "version", "base.name")}


@pytest.mark.parametrize(
    ("address", "reported"),
    [
        ("https://me:secret@example.invalid/x/y.git", "https://example.invalid/x/y.git"),
        ("git@example.invalid:x/y.git", "git@example.invalid:x/y.git"),
        ("/home/user/y", None),
        ("file:///home/user/y", None),
    ],
)
def test_the_source_tells_no_secret_and_no_path_of_a_machine(
    checkout: Path, address: str, reported: str | None
) -> None:
    git(checkout, "remote", "add", "origin", address)
    assert make_labels(checkout, "t", "b", None).get(f"{ORIGIN}.source") == reported
