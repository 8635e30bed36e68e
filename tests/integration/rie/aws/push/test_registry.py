"""Asking a registry over HTTP."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest

from rie.aws.push import registry as registries
from rie.aws.push.registry import Registry
from rie.aws.push.repository import Credentials
from rie.errors import UserError
from tests.integration.rie.aws.push.conftest import Load, Push
from tests.support.checkout import Checkout
from tests.support.cutting_proxy import always, cutting, once
from tests.support.registry import Server


def test_a_manifest_and_its_config_come_as_they_were_pushed(
    pushing: Push, load: Load, registry: Registry, checkout: Checkout
) -> None:
    digest = pushing(load("asked"), "--create", "--json").record["digest"]
    by_tag = registries.manifest(registry, checkout.tag)
    assert by_tag is not None
    assert by_tag == registries.manifest(registry, digest)
    assert by_tag.digest == digest == f"sha256:{hashlib.sha256(by_tag.body).hexdigest()}"
    assert by_tag.media_type == "application/vnd.docker.distribution.manifest.v2+json"


def test_what_is_not_there_is_none(registry: Registry) -> None:
    assert registries.manifest(registry, "nothing") is None
    assert registries.blob(registry, f"sha256:{'0' * 64}") is None


def test_a_wrong_password_names_the_permissions(registry: Registry) -> None:
    stranger = replace(registry, credentials=Credentials("AWS", "wrong"))
    with pytest.raises(UserError, match="HTTP 401") as caught:
        registries.manifest(stranger, "v1")
    assert "ecr:BatchGetImage" in caught.value.remedy


def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(UserError, match=r"certificate .* is not trusted") as caught:
        registries.manifest(registry, "v1")
    assert "REQUESTS_CA_BUNDLE" in caught.value.remedy


def test_a_lost_connection_is_retried(registry: Registry, registry_server: Server) -> None:
    with cutting(registry_server.port, once(always)) as address:
        assert registries.manifest(replace(registry, address=address), "v1") is None


def test_a_registry_out_of_reach_is_named(registry: Registry, registry_server: Server) -> None:
    with (
        cutting(registry_server.port, always) as address,
        pytest.raises(UserError, match=f"{re.escape(address)} cannot be reached"),
    ):
        registries.manifest(replace(registry, address=address), "v1")
