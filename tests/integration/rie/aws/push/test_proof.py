"""What the registry hands out is compared with what was pushed; here something else is there."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import requests

from rie.aws.push import delivery
from rie.aws.push.blockers import PushBlocked
from rie.aws.push.manifest import UnsupportedManifestError
from rie.aws.push.registry import Registry
from rie.aws.push.upload import upload
from rie.errors import UserError
from tests.integration.rie.aws.push.conftest import Load, Push
from tests.support.checkout import Checkout
from tests.support.registry import Server

INDEX = "application/vnd.oci.image.index.v1+json"


def put_index(server: Server, repository: str, tag: str, digest: str) -> str:
    """Put an index of the one manifest `digest` under `tag`; returns its own digest."""
    manifest = server.get(f"{repository}/manifests/{digest}")
    entry = {
        "mediaType": manifest.headers["Content-Type"],
        "digest": digest,
        "size": len(manifest.content),
        "platform": {"os": "linux", "architecture": "amd64"},
    }
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
    requests.put(
        f"https://{server.address}/v2/{repository}/manifests/{tag}",
        data=body,
        headers={"Content-Type": INDEX},
        auth=(server.credentials.username, server.credentials.password),
        verify=str(server.authority),
        timeout=30,
    ).raise_for_status()
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_another_digest_than_the_engines_is_an_error(
    pushing: Push, load: Load, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sha256:{'0' * 64}"

    def misled(*words: Any, **options: Any) -> str:
        upload(*words, **options)
        return other

    monkeypatch.setattr(delivery, "upload", misled)
    with pytest.raises(
        UserError, match=f"the engine pushed {other}, the registry reports"
    ) as caught:
        pushing(load("misled"), "--create")
    assert f"do not deploy the tag {checkout.tag}" in caught.value.remedy


def test_a_registry_that_has_nothing_afterwards_is_an_error(
    pushing: Push, load: Load, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "upload", lambda *_, **__: "sha256:0")
    with pytest.raises(UserError, match=f"but tag {checkout.tag}"):
        pushing(load("vanished"), "--create")


def test_a_pushed_index_is_reported_with_the_command_that_deletes_it(
    pushing: Push,
    load: Load,
    checkout: Checkout,
    registry_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def indexed(client: Any, registry: Registry, tag: str, **options: Any) -> str:
        digest = upload(client, registry, tag, **options)
        return put_index(registry_server, registry.repository, tag, digest)

    monkeypatch.setattr(delivery, "upload", indexed)
    with pytest.raises(
        UnsupportedManifestError, match="was pushed, but the manifest is an index"
    ) as caught:
        pushing(load("indexed"), "--create")
    assert "--provenance=false" in caught.value.remedy
    assert f"--image-ids imageTag={checkout.tag}" in caught.value.remedy


def test_an_index_under_the_tag_is_another_image(
    pushing: Push,
    load: Load,
    checkout: Checkout,
    registry_server: Server,
    repository: str,
) -> None:
    image = load("index")
    digest = pushing(image, "--create", "--json").record["digest"]
    index = put_index(registry_server, repository, checkout.tag, digest)
    with pytest.raises(PushBlocked, match=f"another image under the tag {checkout.tag}: {index}"):
        pushing(image)
