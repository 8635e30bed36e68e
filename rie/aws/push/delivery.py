"""Pushes a checked image and verifies it: repository, upload, verification."""

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
    """What to push, and where. `registry` replaces ECR's address, for a proxy before it."""

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
    """The image in the registry; `bytes` is the size of its compressed layers."""

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


def push_image(client: DockerClient, request: PushRequest) -> PushResult:
    """Push `request` unless the registry has it, and verify the result. Raises UserError."""
    account = open_account(request.region)
    repository = repositories.ensure(account, request.repository, create=request.create)
    registry = Registry(
        request.registry or repository.registry,
        request.repository,
        repositories.credentials(account),
    )
    manifest = _existing_image(registry, request)
    already_there = manifest is not None
    if manifest is None:
        manifest = _push(client, registry, request)
    _verify_config(registry, manifest, request.architecture)
    return PushResult(
        image_uri=f"{repository.uri}@{manifest.digest}",
        digest=manifest.digest,
        tag=request.tag,
        repository=repository.name,
        repository_created=repository.created,
        already_there=already_there,
        account=account.number,
        region=account.region,
        architecture=request.architecture,
        layers=manifest.layers,
        bytes=manifest.size,
    )


def _existing_image(registry: Registry, request: PushRequest) -> Manifest | None:
    """The image under the tag, if it is ours. Raises PushBlocked if it is another."""
    found = registries.manifest(registry, request.tag)
    if found is None:
        return None
    digest = digest_of(found.body)
    try:
        manifest = read(found.body, found.media_type)
    except UnsupportedManifestError:
        manifest = None  # in any case it is not this image
    if manifest is None or not manifest.holds(request.image.id):
        taken = PushBlocker(
            f"{registry.name} has another image under the tag {request.tag}: {digest}",
            "deploy that one, it was built from the same revision; "
            "or commit a change, build again and push",
        )
        raise PushBlocked(request.image.name, [taken])
    return manifest


def _push(client: DockerClient, registry: Registry, request: PushRequest) -> Manifest:
    print_progress(f"Pushing {request.image.name} as {registry.name}:{request.tag} …")
    with _tagged(client, request.image.id, registry.name, request.tag):
        try:
            digest = upload(client, registry, request.tag, patience_s=request.patience_s)
        except TagTakenError:
            # Another push was faster, or ours arrived and its answer was lost.
            manifest = _existing_image(registry, request)
            if manifest is None:
                raise
            return manifest
    return _verify_pushed(registry, request, digest)


def _verify_pushed(registry: Registry, request: PushRequest, digest: str) -> Manifest:
    """Check that the registry delivers what the engine pushed, by hashing its bytes."""
    found = registries.manifest(registry, request.tag)
    if found is None:
        raise UserError(
            f"pushed {digest}, but tag {request.tag} does not exist in the registry",
            "push again; if it recurs, check the registry's log",
        )
    said = {digest, digest_of(found.body), found.digest or digest}
    if len(said) > 1:
        raise UserError(
            f"the engine pushed {digest}, the registry reports "
            f"{found.digest} and delivers {digest_of(found.body)}",
            f"do not deploy the tag {request.tag}: a proxy between here and the "
            "registry changes images",
        )
    with _explain_pushed_but_invalid(registry, request.tag):
        manifest = read(found.body, found.media_type)
    if not manifest.holds(request.image.id):
        raise UserError(
            f"the registry's image has the config {manifest.config}, not {request.image.id}",
            f"do not deploy the tag {request.tag}; push again",
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
    """Add to an error about a pushed image how to delete it."""
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
    """The engine pushes by name: give the image this name during the push."""
    image = client.images.get(image_id)
    image.tag(name, tag)
    try:
        yield
    finally:
        image.reload()
        if len(image.tags) > 1:  # removing its last name would delete the image
            client.images.remove(f"{name}:{tag}", noprune=True)
