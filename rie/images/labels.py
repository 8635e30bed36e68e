"""An image's labels: where it comes from, in the terms of the OCI image specification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rie.git_checkout import GitError, read_checkout, read_version

if TYPE_CHECKING:
    from docker.models.images import Image

PREFIX = "org.opencontainers.image"


def make_labels(source: Path, title: str, base_name: str, base: Image | None) -> dict[str, str]:
    """The labels of an image made from the checkout `source` on `base` (None: not on this machine).

    Unknown facts are left out. Source: OCI image specification, "Annotations".
    """
    facts = {
        "title": title,
        "version": read_version(),
        **_describe_checkout(source),
        "base.name": base_name,
        "base.digest": _digest(base),
    }
    return {f"{PREFIX}.{name}": fact for name, fact in facts.items() if fact}


def _describe_checkout(source: Path) -> dict[str, str]:
    try:
        checkout = read_checkout(source)
    except GitError:
        return {}
    dirty = "-dirty" if checkout.changes else ""
    return {"revision": f"{checkout.revision}{dirty}", "source": checkout.origin}


def _digest(base: Image | None) -> str:
    """The digest under which a registry has `base`; the engine's own id for one never pushed."""
    if base is None:
        return ""
    digests = base.attrs.get("RepoDigests") or []
    return str(digests[0]).partition("@")[2] if digests else str(base.id)
