"""From an image that passed every check to a URI that Lambda takes: repository, push, proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rie.aws.account import open_account
from rie.aws.push import registry as registries
from rie.aws.push import repository as repositories
from rie.aws.push.blockers import PushBlocked, PushBlocker
from rie.aws.push.local_image import LocalImage
from rie.aws.push.manifest import Manifest, UnsupportedManifestError, check_config, digest_of, read
from rie.aws.push.registry import Registry
from rie.aws.push.upload import TagTakenError, upload
from rie.console import print_progress
from rie.errors import UserError

if TYPE_CHECKING:
    from docker import DockerClient

JSON_VERSION = 1


@dataclass(frozen=True)
class PushRequest:
    """What to push where. `registry` replaces ECR's address where another stands before it."""

    image: LocalImage
    architecture: str
    tag: str
    repository: str
    create: bool = False
    region: str | None = None
    registry: str | None = None
    patience_s: int = 120


@dataclass(frozen=True)
class PushResult:
    """What the registry has now; `bytes` is the size of the compressed layers."""

    image_uri: str
    digest: str
    tag: str
    repository: str
    repository_created: bool
    already_there: bool
    account: str
    region: str
    architecture: str
    layers: int
    bytes: int

    def record(self) -> dict[str, Any]:
        """For --json; `version` changes when a key changes its meaning."""
        return {"version": JSON_VERSION, **asdict(self)}


def push_image(client: DockerClient, order: PushRequest) -> PushResult:
    """Push `order` unless the registry has it, and prove what is there. Raises UserError."""
    account = open_account(order.region)
    repository = repositories.ensure(account, order.repository, create=order.create)
    registry = Registry(
        order.registry or repository.registry, order.repository, repositories.credentials(account)
    )
    manifest = _existing_image(registry, order)
    already_there = manifest is not None
    if manifest is None:
        manifest = _push(client, registry, order)
    _verify_config(registry, manifest, order.architecture)
    return PushResult(
        image_uri=f"{repository.uri}@{manifest.digest}",
        digest=manifest.digest,
        tag=order.tag,
        repository=repository.name,
        repository_created=repository.created,
        already_there=already_there,
        account=account.number,
        region=account.region,
        architecture=order.architecture,
        layers=manifest.layers,
        bytes=manifest.size,
    )


def _existing_image(registry: Registry, order: PushRequest) -> Manifest | None:
    """The image under the tag, if it is ours. Raises PushBlocked if it is another."""
    found = registries.manifest(registry, order.tag)
    if found is None:
        return None
    digest = digest_of(found.body)
    try:
        manifest = read(found.body, found.media_type)
    except UnsupportedManifestError:
        manifest = None  # whatever it is, it is not the image at hand
    if manifest is None or not manifest.holds(order.image.id):
        taken = PushBlocker(
            f"{registry.name} has another image under the tag {order.tag}: {digest}",
            "deploy that one, it was built from the same revision; "
            "or commit a change, build again and push",
        )
        raise PushBlocked(order.image.name, [taken])
    return manifest


def _push(client: DockerClient, registry: Registry, order: PushRequest) -> Manifest:
    print_progress(f"Pushing {order.image.name} as {registry.name}:{order.tag} …")
    with _tagged(client, order.image.id, registry.name, order.tag):
        try:
            digest = upload(client, registry, order.tag, patience_s=order.patience_s)
        except TagTakenError:
            # Another push was quicker, or ours arrived and its answer was lost.
            manifest = _existing_image(registry, order)
            if manifest is None:
                raise
            return manifest
    return _verify_pushed(registry, order, digest)


def _verify_pushed(registry: Registry, order: PushRequest, digest: str) -> Manifest:
    """What the registry hands out under the tag is what the engine pushed: hash its bytes."""
    found = registries.manifest(registry, order.tag)
    if found is None:
        raise UserError(
            f"the engine pushed {digest}, but the registry has nothing under {order.tag}",
            "push again; if that does not help, look at the registry's own log",
        )
    said = {digest, digest_of(found.body), found.digest or digest}
    if len(said) > 1:
        raise UserError(
            f"the engine pushed {digest}, the registry says {found.digest} "
            f"and hands out {digest_of(found.body)}",
            f"do not deploy the tag {order.tag}: something between here and the registry "
            "changes images",
        )
    with _explain_pushed_but_invalid(registry, order.tag):
        manifest = read(found.body, found.media_type)
    if not manifest.holds(order.image.id):
        raise UserError(
            f"the registry's image has the config {manifest.config}, not {order.image.id}",
            f"do not deploy the tag {order.tag}; push again",
        )
    return manifest


def _verify_config(registry: Registry, manifest: Manifest, architecture: str) -> None:
    found = registries.blob(registry, manifest.config)
    if found is None:
        raise UserError(
            f"the registry lost the config {manifest.config} of the image", "push again"
        )
    check_config(found.body, manifest, architecture)


@contextmanager
def _explain_pushed_but_invalid(registry: Registry, tag: str) -> Iterator[None]:
    """An image that turned out unfit after the push is there: say so, and how to take it away."""
    try:
        yield
    except UnsupportedManifestError as error:
        raise UnsupportedManifestError(
            f"{registry.name}:{tag} was pushed, but {error.reason}",
            f"{error.remedy}. Delete it: aws ecr batch-delete-image "
            f"--repository-name {registry.repository} --image-ids imageTag={tag}",
        ) from error


@contextmanager
def _tagged(client: DockerClient, image_id: str, name: str, tag: str) -> Iterator[None]:
    """The engine pushes by name: give the image this one as long as it takes."""
    image = client.images.get(image_id)
    image.tag(name, tag)
    try:
        yield
    finally:
        image.reload()
        if len(image.tags) > 1:  # without its last name the image itself would go
            client.images.remove(f"{name}:{tag}", noprune=True)
