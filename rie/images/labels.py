"""What an image says of its origin, in the words of the OCI image specification (annotations)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from rie.paths import ROOT

if TYPE_CHECKING:
    from docker.models.images import Image

PREFIX = "org.opencontainers.image"
_VERSION = re.compile(r'^version = "([^"]+)"', re.MULTILINE)


def version() -> str:
    """The version in pyproject.toml."""
    found = _VERSION.search((ROOT / "pyproject.toml").read_text())
    if found is None:
        raise ValueError("pyproject.toml has no version")
    return found[1]


def revision(source: Path) -> str:
    """The commit of the checkout, with -dirty for uncommitted changes; empty where there is none.

    Ignored files do not count, but new ones do: they are in the image.
    """
    commit = _git(source, "rev-parse", "HEAD")
    if commit and _git(source, "status", "--porcelain"):
        return f"{commit}-dirty"
    return commit


def labels(source: Path, title: str, base_name: str, base: Image | None) -> dict[str, str]:
    """The labels of an image made from the checkout `source` on `base` (None: not on this machine).

    What is not known is left out.
    """
    facts = {
        "title": title,
        "version": version(),
        "revision": revision(source),
        "source": _without_secrets(_git(source, "remote", "get-url", "origin")),
        "base.name": base_name,
        "base.digest": _digest(base),
    }
    return {f"{PREFIX}.{name}": fact for name, fact in facts.items() if fact}


def _digest(base: Image | None) -> str:
    """The digest under which a registry has `base`; the engine's own id for one never pushed."""
    if base is None:
        return ""
    digests = base.attrs.get("RepoDigests") or []
    return str(digests[0]).partition("@")[2] if digests else str(base.id)


def _without_secrets(address: str) -> str:
    """A remote's address without user and password; a path of this machine is nobody's business."""
    if address.startswith(("/", "file:")):
        return ""
    parts = urlsplit(address)
    if not parts.scheme:
        return address  # git@host:owner/name
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(source: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(source), *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""  # no git here
    return done.stdout.strip() if done.returncode == 0 else ""
