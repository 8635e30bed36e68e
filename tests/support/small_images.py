"""Images of a few kilobytes, put together here and loaded into the engine."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rie.images.architecture import normalize

if TYPE_CHECKING:
    from docker import DockerClient

PREFIX = "surefoot-push-test"
OWN = normalize(platform.machine())
OTHER = {"amd64": "arm64", "arm64": "amd64"}[OWN]


def load(
    client: DockerClient,
    name: str,
    content: bytes,
    *,
    labels: Mapping[str, str] | None = None,
    architecture: str = OWN,
) -> str:
    """An image with one file, called PREFIX-NAME:latest; returns that."""
    tag = f"{PREFIX}-{name}:latest"
    layer = _tar({"file": content})
    config = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": {"Labels": dict(labels or {})},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(layer)}"]},
            "history": [{"created_by": "tests/support"}],
        }
    ).encode()
    manifest = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    archive = _tar(
        {
            "config.json": config,
            "layer.tar": layer,
            "manifest.json": json.dumps(manifest).encode(),
        }
    )
    client.images.load(archive)
    return tag


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
