"""The checkout that an image is made of: version, git revision, and uncommitted changes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from rie.errors import UserError
from rie.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REVISION_DIGITS = 12
# What a registry accepts as a tag: OCI distribution specification, "Pulling manifests".
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_.-]")


class GitError(UserError):
    """git is missing, or failed: usually because there is no repository or no commit."""


@dataclass(frozen=True)
class GitCheckout:
    """A git checkout. `revision` is the full hash, `changes` the paths that differ from it.

    `origin` is the remote's address without credentials, empty without a remote or for a local one.
    """

    directory: Path
    root: Path
    revision: str
    changes: tuple[str, ...]
    origin: str = ""

    @property
    def version(self) -> str:
        """The version in the pyproject.toml nearest to `directory`. Raises UserError."""
        return read_version(self.directory, self.root)

    def tag(self, architecture: str) -> str:
        """VERSION-REVISION-ARCHITECTURE; `architecture` is amd64 or arm64.

        Tags are immutable, so each commit has its own; Lambda takes no index, so each architecture
        has. Raises UserError without a version.
        """
        version = _NOT_IN_A_TAG.sub("_", self.version)
        return f"{version}-{self.revision[:REVISION_DIGITS]}-{architecture}"


def read_checkout(directory: Path) -> GitCheckout:
    """The checkout that contains `directory`. Raises GitError without git, checkout or commit.

    New files count as changes, ignored ones do not.
    """
    root = Path(run_git(directory, "rev-parse", "--show-toplevel").strip())
    revision = run_git(root, "rev-parse", "--verify", "HEAD^{commit}").strip()
    status = run_git(root, "status", "--porcelain", "-z", "--untracked-files=normal")
    changes = tuple(_changed_paths(status))
    return GitCheckout(directory.resolve(), root, revision, changes, _origin(root))


def run_git(directory: Path, *arguments: str) -> str:
    """What `git -C directory ARGUMENTS` prints. Raises GitError."""
    command = ["git", "-C", str(directory), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise GitError(f"cannot start git: {error}", "install git") from error
    if done.returncode:
        reason = done.stderr.strip() or f"exit code {done.returncode}"
        raise GitError(
            f"git finds no revision of {directory}: {reason}",
            "use a git checkout with a commit: the revision is part of the image's tag",
        )
    return done.stdout


def read_version(directory: Path = ROOT, root: Path = ROOT) -> str:
    """The version in the pyproject.toml nearest to `directory`, up to `root`. Raises UserError."""
    for folder in (directory, *directory.parents):
        project = folder / "pyproject.toml"
        if project.is_file():
            return _read_project(project)
        if folder == root:
            break
    raise UserError(
        f"{root} has no pyproject.toml, which contains the image's version",
        'create one with [project] and version = "…"',
    )


def _read_project(project: Path) -> str:
    try:
        version = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{project} has no version: {error!r}", 'correct it: [project], version = "…"'
        ) from error
    return str(version)


def _origin(root: Path) -> str:
    try:
        address = run_git(root, "remote", "get-url", "origin").strip()
    except GitError:
        return ""
    return without_credentials(address)


def without_credentials(address: str) -> str:
    """A remote's address without user and password; empty for a path, which may be private."""
    if address.startswith(("/", "file:")):
        return ""
    parts = urlsplit(address)
    if not parts.scheme:
        return address  # git@host:owner/name
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _changed_paths(status: str) -> Iterator[str]:
    """The paths of `git status --porcelain -z`; a rename brings the old one as a second entry."""
    entries = iter(status.split("\0"))
    for entry in entries:
        if entry:
            yield entry[3:]
            if "R" in entry[:2] or "C" in entry[:2]:
                next(entries, None)
