"""Loads a file system as an image, whatever its architecture.

`docker import` does the same for the engine's own architecture only. Source: "Docker Image
Specification v1.2.0", the archive that `docker load` reads.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docker import DockerClient

_BLOCK = 1 << 20


def load_tree(
    client: DockerClient, tree: Path, tag: str, architecture: str, config: Mapping[str, Any]
) -> None:
    """Make the image `tag` of the tar file `tree`; `config` is the image's own (Env, Labels, …)."""
    document = {
        "architecture": architecture,
        "os": "linux",
        "config": dict(config),
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(tree)}"]},
        "history": [{}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    with tempfile.TemporaryFile() as stream:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for name, content in (("config.json", document), ("manifest.json", manifest)):
                data = json.dumps(content).encode()
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
            archive.add(tree, "layer.tar")
        stream.seek(0)
        client.images.load(stream)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
