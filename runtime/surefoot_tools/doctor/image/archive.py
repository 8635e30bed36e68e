"""A saved image, as ``docker save`` writes it or as an OCI image layout in a tar.

Forms: the OCI image specification, "Image Layout", "Image Manifest" and "Image Index"; and Moby's
"Docker Image Specification v1.2" for manifest.json.
"""

from __future__ import annotations

import gzip
import json
import platform
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from ...console import UserError, format_size
from ..context import Image, Layer
from .layers import merge
from .tree import Tree

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_GZIP = b"\x1f\x8b"
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_INDEXES = {
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
}
# What readers of malformed input raise; RecursionError is JSON that is nested too deeply.
_MALFORMED = (
    *(tarfile.TarError, EOFError, ValueError, LookupError, TypeError),
    *(AttributeError, RecursionError),
)
_MAX_INDEX_DEPTH = 4  # an index may name indexes, and a malicious one itself
_MAX_UNPACKED = 11 << 30  # bytes, all layers together; Lambda accepts 10 GiB
_MAX_RATIO = 200  # of unpacked to packed; program code has less than 20, a file of zeros 1,000
_TRUSTED = 256 << 20  # bytes that are unpacked whatever their ratio
_REMEDY = "make it with `docker save IMAGE > FILE`, or name the image: surefoot doctor --image"


@dataclass(frozen=True)
class _Parts:
    """Where in the archive an image's pieces are."""

    config: str
    layers: Sequence[str]
    manifest: str = ""
    index: Sequence[Mapping[str, Any]] = ()


@contextmanager
def open_image(file: str) -> Iterator[tuple[Tree, Image]]:
    """Open a saved image; its tree can be read until the context ends.

    Raises UserError if the file is not one image, OSError if it cannot be read.
    """
    with ExitStack() as stack:
        try:
            plain = _unpacked(stack.enter_context(open(file, "rb")), stack)
            blobs = _Blobs(stack.enter_context(tarfile.open(fileobj=plain, mode="r:")))
            parts = _parts(blobs)
            config = blobs.json(parts.config)
            contents = [_unpacked(blobs.open(name), stack) for name in parts.layers]
            tree, merged = merge(contents, _instructions(config))
            image = _image(config, parts, merged)
        except _MALFORMED as error:
            raise UserError(f"{file} is not a saved image: {error}", _REMEDY, 2) from error
        yield tree, image


class _Blobs:
    """The files of the archive by name."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members = {member.name.removeprefix("./"): member for member in archive}

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def open(self, name: str) -> IO[bytes]:
        if name not in self._members:
            raise LookupError(f"it lacks {name}")
        content = self._archive.extractfile(self._members[name])
        if content is None:
            raise LookupError(f"{name} in it is not a file")
        return content

    def json(self, name: str) -> Any:
        with self.open(name) as content:
            return json.load(content)


def _parts(blobs: _Blobs) -> _Parts:
    # If both exist, index.json has more: manifest.json shows neither index nor attestations.
    if "index.json" in blobs:
        return _of_layout(blobs)
    if "manifest.json" not in blobs:
        raise LookupError("it has neither manifest.json nor index.json")
    images = blobs.json("manifest.json")
    if len(images) != 1:
        raise LookupError(f"it holds {len(images)} images, and one is inspected at a time")
    return _Parts(images[0]["Config"], images[0]["Layers"])


def _of_layout(blobs: _Blobs) -> _Parts:
    top = blobs.json("index.json")["manifests"]
    described, is_index = _flat(blobs, top), len(top) > 1
    is_index = is_index or any(one.get("mediaType") in _INDEXES for one in top)
    wanted = MACHINES.get(platform.machine(), "")
    present = [one for one in described if not is_attestation(one) and _blob(one) in blobs]
    present.sort(key=lambda one: one.get("platform", {}).get("architecture") != wanted)
    if not present:
        raise LookupError("its index.json names no image whose manifest is in it")
    manifest = blobs.json(_blob(present[0]))
    return _Parts(
        _blob(manifest["config"]),
        [_blob(layer) for layer in manifest["layers"]],
        str(present[0].get("mediaType", manifest.get("mediaType", ""))),
        described if is_index else (),
    )


def _flat(
    blobs: _Blobs, described: Sequence[Mapping[str, Any]], depth: int = 0
) -> list[Mapping[str, Any]]:
    if depth > _MAX_INDEX_DEPTH:
        raise ValueError("its index contains itself, or is nested too deeply")
    flat: list[Mapping[str, Any]] = []
    for one in described:
        if one.get("mediaType") in _INDEXES:
            flat += _flat(blobs, blobs.json(_blob(one))["manifests"], depth + 1)
        else:
            flat.append(one)
    return flat


def is_attestation(described: Mapping[str, Any]) -> bool:
    """Whether an index's entry is BuildKit's statement about an image, not an image."""
    annotations = described.get("annotations") or {}
    return annotations.get("vnd.docker.reference.type") == "attestation-manifest"


def _blob(described: Mapping[str, Any]) -> str:
    return "blobs/" + str(described["digest"]).replace(":", "/", 1)


def _unpacked(packed: IO[bytes], stack: ExitStack) -> IO[bytes]:
    """Return the content uncompressed and seekable."""
    magic = packed.read(4)
    packed.seek(0)
    if magic == _ZSTANDARD:
        raise ValueError("it is compressed with zstd, which this Python cannot unpack")
    if magic[:2] != _GZIP:
        return packed
    plain = tempfile.TemporaryFile(prefix="surefoot-doctor.")  # noqa: SIM115  (the stack closes it)
    stack.callback(plain.close)
    try:
        with gzip.open(packed) as content:
            _copy(cast("IO[bytes]", content), plain, packed)
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"its compression is damaged ({error})") from error
    plain.seek(0)
    return cast("IO[bytes]", plain)


def _copy(content: IO[bytes], plain: IO[bytes], packed: IO[bytes]) -> None:
    """Copy unpacked content to `plain`. Raises ValueError for a decompression bomb."""
    size = 0
    while chunk := content.read(1 << 20):
        size += len(chunk)
        if size > _MAX_UNPACKED or size > max(_TRUSTED, _MAX_RATIO * packed.tell()):
            raise ValueError(
                f"it unpacks to more than {format_size(size)}, which no image needs "
                "(a decompression bomb)"
            )
        plain.write(chunk)


def _instructions(config: Mapping[str, Any]) -> list[str]:
    history = config.get("history") or []
    return [str(one.get("created_by", "")) for one in history if not one.get("empty_layer")]


def _image(config: Mapping[str, Any], parts: _Parts, merged: Sequence[Layer]) -> Image:
    settings = config.get("config") or {}
    return Image(
        variables=dict(one.split("=", 1) for one in _texts(settings, "Env") if "=" in one),
        entrypoint=_texts(settings, "Entrypoint"),
        command=_texts(settings, "Cmd"),
        workdir=_text(settings, "WorkingDir") or "/",
        user=_text(settings, "User"),
        exposed=tuple(map(str, dict(settings.get("ExposedPorts") or {}))),
        architecture=_text(config, "architecture"),
        labels=dict(settings.get("Labels") or {}),
        layers=tuple(merged),
        manifest=parts.manifest,
        index=tuple(parts.index),
    )


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key) or ""
    if not isinstance(value, str):
        raise TypeError(f"{key} in its configuration is not a string")
    return value


def _texts(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = settings.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{key} in its configuration is not a list of strings")
    return tuple(value)
