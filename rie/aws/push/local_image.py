"""The image in the container engine, checked before anything is pushed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rie.aws.push.blockers import PushBlocker
from rie.aws.push.manifest import INDEXES, ONE_PLATFORM
from rie.errors import UserError
from rie.git_checkout import GitCheckout
from rie.images.local_bases import STAND_IN_LABEL

if TYPE_CHECKING:
    from docker import DockerClient

REVISION_LABEL = "org.opencontainers.image.revision"
# "Lambda quotas": 10 GB uncompressed, all layers. Their gigabytes are 1,024³ (/tmp: 10,240 MB).
MOST_BYTES = 10 * 1024**3


@dataclass(frozen=True)
class LocalImage:
    """An image in the engine. `size` is in bytes, uncompressed; `kind` its media type if known."""

    name: str
    id: str
    architecture: str
    system: str
    size: int
    labels: Mapping[str, str]
    kind: str = ""


def inspect(client: DockerClient, name: str) -> LocalImage:
    """The image called `name`. Raises UserError when the engine does not have it."""
    from docker.errors import ImageNotFound

    try:
        attributes = client.images.get(name).attrs
    except ImageNotFound as error:
        raise UserError(
            f"there is no image {name} on this machine",
            "build it (`make image`, `make push FUNCTION=NAME`), or name another: --image NAME",
        ) from error
    return LocalImage(
        name=name,
        id=attributes["Id"],
        architecture=attributes["Architecture"],
        system=attributes["Os"],
        size=attributes["Size"],
        labels=(attributes.get("Config") or {}).get("Labels") or {},
        # Engines with containerd's image store have it (API 1.48); the others keep no index.
        kind=(attributes.get("Descriptor") or {}).get("mediaType", ""),
    )


def find_blockers(
    image: LocalImage, architecture: str, *, allow_stand_in: bool
) -> Iterator[PushBlocker]:
    """Why `image` cannot be pushed as one for `architecture`."""
    if (image.system, image.architecture) != ("linux", architecture):
        yield PushBlocker(
            f"{image.name} is for {image.system}/{image.architecture}, not linux/{architecture}",
            f"build it for {architecture} (make image ARCH={architecture}), or give --arch",
        )
    if image.kind in INDEXES:
        yield PushBlocker(f"{image.name} is {INDEXES[image.kind]}", ONE_PLATFORM)
    if STAND_IN_LABEL in image.labels and not allow_stand_in:
        yield PushBlocker(
            f"{image.name} is built on the local base instead of AWS's (label {STAND_IN_LABEL})",
            "build it where public.ecr.aws can be reached (`make image`), "
            "or push it as it is for a trial: --allow-stand-in",
        )
    if image.size > MOST_BYTES:
        yield PushBlocker(
            f"{image.name} has {image.size / 1024**3:.2f} GB uncompressed; Lambda takes 10",
            "look for its largest layers with `docker history` and leave out what is not needed",
        )


def find_revision_mismatch(image: LocalImage, checkout: GitCheckout) -> list[PushBlocker]:
    """A blocker if the label of `image` names another revision than that of `checkout`."""
    built_from = image.labels.get(REVISION_LABEL, checkout.revision)
    if built_from == checkout.revision:
        return []
    return [
        PushBlocker(
            f"{image.name} was built from {built_from}, the checkout is at {checkout.revision}",
            "build it again: `make image`, and a function's image after its base",
        )
    ]
