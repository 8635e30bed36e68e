"""A registry that drops the connection half-way, once and for ever, or says nothing at all."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from rie.aws.push import delivery
from rie.aws.push.registry import Registry
from rie.aws.push.upload import PAUSES_S, ConnectionLostError, TagTakenError, UploadError, upload
from rie.images.engine import connect
from tests.integration.rie.aws.push.conftest import Load, Push
from tests.support.checkout import Checkout
from tests.support.cutting_proxy import always, cutting, once
from tests.support.registry import Server

if TYPE_CHECKING:
    from docker import DockerClient

LAYER = 400_000  # bytes that do not compress
HALF_WAY = 200_000  # in the layer: all that comes before it are a few thousand


def half_way(number: int, sent: int) -> bool:
    return sent > HALF_WAY


Upload = Callable[..., str]


@pytest.fixture
def uploading(load: Load, registry: Registry) -> Iterator[Upload]:
    """Push a tiny image through an address, with a client of its own (its time-out changes)."""
    image = load("upload")
    names = []
    client = connect()

    def uploaded(address: str, pauses: list[float], patience_s: int = 20) -> str:
        through = Registry(address, registry.repository, registry.credentials)
        client.images.get(image).tag(through.name, "v1")
        names.append(f"{through.name}:v1")
        return upload(client, through, "v1", patience_s=patience_s, pause=pauses.append)

    yield uploaded
    for name in names:
        client.images.remove(name, noprune=True)
    client.close()


def test_a_connection_that_drops_in_a_layer_once_does_not_stop_the_push(
    pushing: Push, load: Load, registry_server: Server, repository: str, checkout: Checkout
) -> None:
    image = load("dropped", os.urandom(LAYER))
    with cutting(registry_server.port, once(half_way)) as address:
        pushed = pushing(image, "--create", "--json", through=address)
    assert "retrying" in pushed.err
    there = registry_server.get(f"{repository}/manifests/{checkout.tag}")
    assert there.headers["Docker-Content-Digest"] == pushed.record["digest"]


def test_connections_that_drop_in_a_layer_for_ever_end_the_push_without_a_tag(
    pushing: Push, load: Load, registry_server: Server, repository: str, engine: DockerClient
) -> None:
    image = load("dropped", os.urandom(LAYER))
    with (
        cutting(registry_server.port, half_way) as address,
        pytest.raises(UploadError, match="nothing was sent to the registry") as caught,
    ):
        pushing(image, "--create", "--patience", "3", through=address)
    assert address in caught.value.reason
    assert "push again" in caught.value.remedy
    assert registry_server.tags(repository) == []
    assert engine.images.get(image).tags == [image]


def test_a_connection_lost_before_any_layer_is_retried(
    uploading: Upload, registry_server: Server, repository: str
) -> None:
    pauses: list[float] = []
    with cutting(registry_server.port, once(always)) as address:
        digest = uploading(address, pauses)
    assert pauses == [PAUSES_S[0]]
    there = registry_server.get(f"{repository}/manifests/v1")
    assert there.headers["Docker-Content-Digest"] == digest


def test_connections_that_drop_for_ever_are_given_up_after_three_attempts(
    uploading: Upload, registry_server: Server, repository: str
) -> None:
    pauses: list[float] = []
    with (
        cutting(registry_server.port, always) as address,
        pytest.raises(ConnectionLostError, match=f"connection to the registry {address} was lost"),
    ):
        uploading(address, pauses)
    assert pauses == list(PAUSES_S)
    assert registry_server.tags(repository) == []


def test_a_registry_that_says_nothing_is_given_up_when_patience_is_over(
    uploading: Upload, registry_server: Server
) -> None:
    pauses: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UploadError, match=r"nothing was sent .* for 1 s") as caught:
            uploading(address, pauses, patience_s=1)
    assert "--patience" in caught.value.remedy
    assert pauses == []


def test_a_push_whose_answer_was_lost_finds_its_image_under_the_tag(
    pushing: Push, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_too_late(*words: object, **options: object) -> str:
        upload(*words, **options)  # type: ignore[arg-type]
        raise TagTakenError("ECR never changes a tag", "-")

    monkeypatch.setattr(delivery, "upload", told_too_late)
    record = pushing(load("lost"), "--create", "--json").record
    assert record["digest"].startswith("sha256:")
