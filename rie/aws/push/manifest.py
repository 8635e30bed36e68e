"""The manifest: what the registry delivers to Lambda, and whether Lambda accepts it.

Lambda takes one image per manifest, Docker's schema 2 or OCI's image manifest ("Create a Lambda
function using a container image"). An index, which buildx makes for several platforms or for one
with its attestations, it rejects with "The image manifest, config or layer media type … is not
supported"; layers that are not compressed with gzip, with "UnsupportedImageLayerDetected".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rie.errors import UserError

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
INDEXES = {
    "application/vnd.docker.distribution.manifest.list.v2+json": "a list of several images",
    "application/vnd.oci.image.index.v1+json": "an index of several images",
}
ACCEPTED = (DOCKER, OCI, *INDEXES)
ONE_PLATFORM = (
    "build it for one platform and without attestations: "
    "docker buildx build --platform linux/… --provenance=false --sbom=false"
)
CONFIGS = {
    DOCKER: frozenset(["application/vnd.docker.container.image.v1+json"]),
    OCI: frozenset(["application/vnd.oci.image.config.v1+json"]),
}
LAYERS = {
    DOCKER: frozenset(["application/vnd.docker.image.rootfs.diff.tar.gzip"]),
    OCI: frozenset(["application/vnd.oci.image.layer.v1.tar+gzip"]),
}


class UnsupportedManifestError(UserError):
    """The registry's image is of a kind that Lambda rejects."""


@dataclass(frozen=True)
class Manifest:
    """One image's manifest. `digest` is computed from its bytes; `size` is that of the layers."""

    digest: str
    config: str
    layers: int
    size: int

    def holds(self, image_id: str) -> bool:
        """Whether it is the engine's image `image_id`.

        That is its config's digest, or with containerd's image store the manifest's own.
        """
        return image_id in (self.config, self.digest)


def digest_of(body: bytes) -> str:
    """The name of `body` in a registry."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def read(body: bytes, media_type: str) -> Manifest:
    """Parse `body`, sent as `media_type`. Raises UnsupportedManifestError if Lambda rejects it."""
    document = _object(body, "manifest")
    if media_type in INDEXES:
        raise UnsupportedManifestError(
            f"the manifest is {INDEXES[media_type]}; Lambda rejects it", ONE_PLATFORM
        )
    if media_type not in CONFIGS or document.get("mediaType", media_type) != media_type:
        found = document.get("mediaType")
        raise UnsupportedManifestError(
            f"the manifest was sent as {media_type or 'no type'} and says {found}; "
            f"Lambda takes {DOCKER} or {OCI}",
            "build the image with docker's plain builder (`make image`)",
        )
    try:
        config, layers = document["config"], document["layers"]
        types = {str(layer["mediaType"]) for layer in layers}
        unfit = types - LAYERS[media_type] | {str(config["mediaType"])} - CONFIGS[media_type]
        size = sum(int(layer["size"]) for layer in layers)
        result = Manifest(digest_of(body), str(config["digest"]), len(layers), size)
    except (KeyError, TypeError, ValueError) as error:
        raise UnsupportedManifestError(
            f"the manifest is malformed: {error!r}", "push the image again"
        ) from error
    if unfit:
        raise UnsupportedManifestError(
            f"the manifest has parts that Lambda does not take: {', '.join(sorted(unfit))}",
            "build it with gzip-compressed layers, which is docker's default, and without "
            "attestations",
        )
    return result


def check_config(body: bytes, manifest: Manifest, architecture: str) -> None:
    """Compare a config with its manifest and `architecture`. Raises UnsupportedManifestError."""
    if digest_of(body) != manifest.config:
        raise UnsupportedManifestError(
            f"the registry's config is {digest_of(body)}, its manifest says {manifest.config}",
            "do not deploy it; push it into another repository",
        )
    document = _object(body, "config")
    found = f"{document.get('os')}/{document.get('architecture')}"
    if found != f"linux/{architecture}":
        raise UnsupportedManifestError(
            f"the pushed image is for {found}, not linux/{architecture}",
            f"build it for {architecture} and push that",
        )
    rootfs = document.get("rootfs")
    unpacked = rootfs.get("diff_ids") if isinstance(rootfs, Mapping) else None
    if not isinstance(unpacked, list) or len(unpacked) != manifest.layers:
        raise UnsupportedManifestError(
            f"the config does not describe the manifest's {manifest.layers} layers",
            "build the image again and push that",
        )


def _object(body: bytes, what: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise UnsupportedManifestError(
            f"the {what} is not JSON: {error}", "push the image again"
        ) from error
    if not isinstance(document, Mapping):
        raise UnsupportedManifestError(f"the {what} is not a JSON object", "push the image again")
    return document
