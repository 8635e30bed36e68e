"""Which manifests Lambda takes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from rie.aws.push.manifest import (
    DOCKER,
    INDEXES,
    OCI,
    Manifest,
    UnsupportedManifestError,
    check_config,
    digest_of,
    read,
)

CONFIG_TYPE = {
    DOCKER: "application/vnd.docker.container.image.v1+json",
    OCI: "application/vnd.oci.image.config.v1+json",
}
LAYER_TYPE = {
    DOCKER: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    OCI: "application/vnd.oci.image.layer.v1.tar+gzip",
}


def document(kind: str = DOCKER, **changes: Any) -> dict[str, Any]:
    layer = {"mediaType": LAYER_TYPE[kind], "size": 7, "digest": "sha256:1"}
    config = {"mediaType": CONFIG_TYPE[kind], "size": 1, "digest": "sha256:c"}
    plain = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer, layer]}
    return {**plain, **changes}


def body(**changes: Any) -> bytes:
    return json.dumps(document(**changes)).encode()


@pytest.mark.parametrize("kind", [DOCKER, OCI])
def test_one_image_of_either_kind_is_taken(kind: str) -> None:
    text = body(kind=kind)
    assert read(text, kind) == Manifest(digest_of(text), "sha256:c", 2, 14)


def test_an_oci_manifest_need_not_name_its_own_type() -> None:
    plain = document(OCI)
    del plain["mediaType"]
    assert read(json.dumps(plain).encode(), OCI).layers == 2


@pytest.mark.parametrize("kind", INDEXES)
def test_an_index_is_refused_naming_the_options_that_avoid_it(kind: str) -> None:
    with pytest.raises(UnsupportedManifestError, match="Lambda rejects it") as caught:
        read(b'{"manifests": []}', kind)
    assert "--provenance=false" in caught.value.remedy


def test_an_attestation_is_refused() -> None:
    layer = {"mediaType": "application/vnd.in-toto+json", "size": 1, "digest": "sha256:1"}
    with pytest.raises(UnsupportedManifestError, match="in-toto"):
        read(body(kind=OCI, layers=[layer]), OCI)


@pytest.mark.parametrize(
    "layer_type",
    [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ],
)
def test_layers_in_another_form_are_refused(layer_type: str) -> None:
    layer = {"mediaType": layer_type, "size": 1, "digest": "sha256:1"}
    with pytest.raises(UnsupportedManifestError, match=re.escape(f"does not take: {layer_type}")):
        read(body(kind=OCI, layers=[layer]), OCI)


def test_a_config_of_another_kind_is_refused() -> None:
    config = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "sha256:c"}
    with pytest.raises(UnsupportedManifestError, match="helm"):
        read(body(kind=OCI, config=config), OCI)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (body(), OCI),  # it calls itself Docker's
        (body(), "application/vnd.docker.distribution.manifest.v1+prettyjws"),
        (body(), ""),
        (b"<html>", DOCKER),
        (b"[]", DOCKER),
        (body(layers=None), DOCKER),
        (body(layers=[{}]), DOCKER),
        (body(config="x"), DOCKER),
    ],
)
def test_what_is_no_manifest_is_refused(text: bytes, kind: str) -> None:
    with pytest.raises(UnsupportedManifestError):
        read(text, kind)


def config(**changes: Any) -> bytes:
    plain = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": ["sha256:d"]}}
    return json.dumps({**plain, **changes}).encode()


def test_a_config_that_agrees_is_taken() -> None:
    check_config(config(), Manifest("sha256:m", digest_of(config()), 1, 1), "amd64")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"architecture": "arm64"}, "for linux/arm64, not linux/amd64"),
        ({"os": "windows"}, "for windows/amd64"),
        ({"rootfs": {"diff_ids": []}}, "does not describe"),
        ({"rootfs": None}, "does not describe"),
    ],
)
def test_a_config_that_contradicts_is_refused(changes: dict[str, Any], reason: str) -> None:
    text = config(**changes)
    with pytest.raises(UnsupportedManifestError, match=reason):
        check_config(text, Manifest("sha256:m", digest_of(text), 1, 1), "amd64")


def test_a_config_with_other_bytes_than_its_name_is_refused() -> None:
    with pytest.raises(UnsupportedManifestError, match="its manifest says sha256:c"):
        check_config(config(), Manifest("sha256:m", "sha256:c", 1, 1), "amd64")
