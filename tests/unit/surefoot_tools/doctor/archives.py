"""Saved images, written here as docker and as OCI tools write them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.unit.surefoot_tools.doctor.trees import SHELL

Member = tuple[str, bytes, int]  # name in the layer, content, mode
SOUND: list[Member] = [
    ("bin/sh", b"\x7fELF", 0o755),
    ("lambda-entrypoint.sh", SHELL.encode(), 0o755),
    ("var/runtime/bootstrap", SHELL.encode(), 0o755),
]
APP: list[Member] = [("var/task/app.py", b"def handler(event, context): return event\n", 0o644)]
CONFIG: dict[str, Any] = {
    "Env": ["HOME=/tmp", "PATH=/usr/bin:/bin"],
    "Entrypoint": ["/lambda-entrypoint.sh"],
    "Cmd": ["app.handler"],
    "WorkingDir": "/var/task",
}
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def layer(members: Sequence[Member | tarfile.TarInfo]) -> bytes:
    """The tar of a layer; folders are left out, as some builders do."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, content, mode = member
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, target, mode
    return info


def docker_save(path: Path, layers: Sequence[bytes], config: Mapping[str, Any] = CONFIG) -> Path:
    """An image as ``docker save`` of the plain engine writes it."""
    files = {f"{number}/layer.tar": content for number, content in enumerate(layers)}
    described = [{"Config": "config.json", "RepoTags": ["x:latest"], "Layers": list(files)}]
    files["config.json"] = _configuration(config, len(layers))
    files["manifest.json"] = json.dumps(described).encode()
    return _written(path, files)


class Layout:
    """An OCI image layout that is put together piece by piece."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}

    def add(self, content: bytes, media: str, **more: Any) -> dict[str, Any]:
        """Add a blob; returns its descriptor."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content), **more}

    def image(
        self, layers: Sequence[bytes], config: Mapping[str, Any] = CONFIG, **more: Any
    ) -> dict[str, Any]:
        """Add an image with gzip layers; returns the descriptor of its manifest."""
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.add(
                _configuration(config, len(layers)), "application/vnd.oci.image.config.v1+json"
            ),
            "layers": [
                self.add(gzip.compress(each), "application/vnd.oci.image.layer.v1.tar+gzip")
                for each in layers
            ],
        }
        return self.add(json.dumps(manifest).encode(), MANIFEST, **more)

    def index(self, *manifests: Mapping[str, Any]) -> dict[str, Any]:
        return self.add(json.dumps({"schemaVersion": 2, "manifests": manifests}).encode(), INDEX)

    def written(self, path: Path, *manifests: Mapping[str, Any]) -> Path:
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": manifests}).encode()
        return _written(path, self.files)


def _configuration(config: Mapping[str, Any], layers: int) -> bytes:
    history: list[dict[str, Any]] = [{"created_by": "ENV A=1", "empty_layer": True}]
    history += [{"created_by": f"step {number}"} for number in range(layers)]
    described = {"architecture": "amd64", "config": config, "history": history}
    return json.dumps(described).encode()


def _written(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path
