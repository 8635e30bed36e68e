"""The checkout that an image is made of: its version, its git revision, and whether it is clean."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rie.aws.push.blockers import PushBlocker
from rie.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REVISION_DIGITS = 12
_SHOWN = 5
# What a registry takes as a tag: OCI distribution specification, "Pulling manifests".
_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class GitCheckout:
    """A git checkout. `revision` is the full hash, `changes` the paths that differ from it."""

    root: Path
    version: str
    revision: str
    changes: tuple[str, ...]

    def tag(self, architecture: str) -> str:
        """VERSION-REVISION-ARCHITECTURE; `architecture` is amd64 or arm64.

        A tag is never moved, so that every commit has its own; and Lambda takes no index, so that
        every architecture has.
        """
        version = _NOT_IN_A_TAG.sub("_", self.version)
        return f"{version}-{self.revision[:REVISION_DIGITS]}-{architecture}"


def read(directory: Path) -> GitCheckout:
    """The checkout that holds `directory`; the version is that of the nearest pyproject.toml.

    Raises UserError where there is no git checkout, no commit or no version.
    """
    root = Path(_git(directory, "rev-parse", "--show-toplevel").strip())
    revision = _git(root, "rev-parse", "--verify", "HEAD^{commit}").strip()
    status = _git(root, "status", "--porcelain", "-z", "--untracked-files=normal")
    return GitCheckout(root, _version(directory.resolve(), root), revision, tuple(_paths(status)))


def refusals(checkout: GitCheckout) -> list[PushBlocker]:
    """A dirty tree: its image would not be what the revision in the tag names."""
    if not checkout.changes:
        return []
    shown = ", ".join(checkout.changes[:_SHOWN])
    more = len(checkout.changes) - _SHOWN
    tail = f" and {more} more" if more > 0 else ""
    return [
        PushBlocker(
            f"the checkout {checkout.root} differs from its revision "
            f"{checkout.revision[:REVISION_DIGITS]}: {shown}{tail}",
            "commit or remove these changes, build the image again and push that",
        )
    ]


def _git(directory: Path, *words: str) -> str:
    command = ["git", "-C", str(directory), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UserError(f"git does not start: {error}", "install git") from error
    if done.returncode:
        told = done.stderr.strip() or f"exit code {done.returncode}"
        raise UserError(
            f"git knows no revision of {directory}: {told}",
            "push from a git checkout with a commit: the revision is part of the image's tag",
        )
    return done.stdout


def _paths(status: str) -> Iterator[str]:
    """The paths of `git status --porcelain -z`; a rename brings the old one as a second entry."""
    entries = iter(status.split("\0"))
    for entry in entries:
        if entry:
            yield entry[3:]
            if "R" in entry[:2] or "C" in entry[:2]:
                next(entries, None)


def _version(directory: Path, root: Path) -> str:
    for folder in (directory, *directory.parents):
        project = folder / "pyproject.toml"
        if project.is_file():
            return _version_in(project)
        if folder == root:
            break
    raise UserError(
        f"{root} has no pyproject.toml, which would give the image's version",
        'write one with [project] and version = "…"',
    )


def _version_in(project: Path) -> str:
    try:
        version = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{project} gives no version: {error!r}", 'correct it: [project], version = "…"'
        ) from error
    return str(version)
