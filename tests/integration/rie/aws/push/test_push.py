"""`rie push` from checkout to URI: moto's ECR, a real registry and a real engine."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from rie.aws.push.blockers import PushBlocked, PushBlocker
from rie.errors import UserError
from rie.images.local_bases import STAND_IN_LABEL
from tests.integration.rie.aws.push.conftest import Load, Push
from tests.support.aws import ACCOUNT, REGION
from tests.support.checkout import Checkout
from tests.support.registry import Server
from tests.support.small_images import OTHER, OWN

if TYPE_CHECKING:
    from docker import DockerClient
    from types_boto3_ecr import ECRClient

HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


def test_prints_the_uri_by_the_digest_of_what_the_registry_hands_out(
    pushing: Push, load: Load, checkout: Checkout, registry_server: Server, repository: str
) -> None:
    pushed = pushing(load("plain"), "--create")
    body = registry_server.get(f"{repository}/manifests/{checkout.tag}").content
    uri = f"{HOST}/{repository}@sha256:{hashlib.sha256(body).hexdigest()}"
    assert pushed.out == f"{uri}\n"
    assert f"Next: make deploy FUNCTION={checkout.function} ARGS='--image {uri}'" in pushed.err


def test_a_created_repository_is_immutable_scanned_encrypted_and_tagged(
    pushing: Push, load: Load, ecr: ECRClient, repository: str
) -> None:
    pushing(load("plain"), "--create")
    made = ecr.describe_repositories(repositoryNames=[repository])["repositories"][0]
    assert made["imageTagMutability"] == "IMMUTABLE"
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert made["encryptionConfiguration"]["encryptionType"] == "AES256"
    tags = ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"]
    assert tags == [{"Key": "created-by", "Value": "surefoot"}]


def test_json_has_a_version_and_all_a_program_needs(
    pushing: Push, load: Load, checkout: Checkout, registry_server: Server, repository: str
) -> None:
    record = pushing(load("plain"), "--create", "--json").record
    manifest = registry_server.get(f"{repository}/manifests/{checkout.tag}")
    assert record == {
        "version": 1,
        "image_uri": f"{HOST}/{repository}@{record['digest']}",
        "digest": f"sha256:{hashlib.sha256(manifest.content).hexdigest()}",
        "tag": checkout.tag,
        "repository": repository,
        "repository_created": True,
        "already_there": False,
        "account": ACCOUNT,
        "region": REGION,
        "architecture": OWN,
        "layers": 1,
        "bytes": json.loads(manifest.content)["layers"][0]["size"],
    }


def test_a_missing_repository_is_refused_naming_the_option(
    pushing: Push, load: Load, registry_server: Server, repository: str
) -> None:
    with pytest.raises(UserError, match=f"no ECR repository {repository}") as caught:
        pushing(load("plain"))
    assert "--create" in caught.value.remedy
    assert registry_server.tags(repository) == []


def test_the_same_image_again_is_there_already(pushing: Push, load: Load) -> None:
    image = load("plain")
    first = pushing(image, "--create", "--json").record
    again = pushing(image, "--json").record
    assert again == {**first, "already_there": True, "repository_created": False}


def test_another_image_under_the_same_tag_is_refused(
    pushing: Push, load: Load, registry_server: Server, repository: str, checkout: Checkout
) -> None:
    digest = pushing(load("plain"), "--create", "--json").record["digest"]
    with pytest.raises(PushBlocked, match=f"another image under the tag {checkout.tag}: {digest}"):
        pushing(load("other"))
    there = registry_server.get(f"{repository}/manifests/{checkout.tag}")
    assert there.headers["Docker-Content-Digest"] == digest


def test_after_the_push_the_image_has_its_own_name_only(
    pushing: Push, load: Load, engine: DockerClient
) -> None:
    image = load("plain")
    pushing(image, "--create")
    assert engine.images.get(image).tags == [image]


def test_a_layer_that_the_repository_has_is_not_sent_twice(
    pushing: Push, load: Load, checkout: Checkout
) -> None:
    pushing(load("plain", b"the same"), "--create")
    checkout.commit()
    pushed = pushing(load("labelled", b"the same", labels={"a": "label"}))
    assert " exists already\n" in pushed.err


def test_all_blockers_are_reported_at_once_and_nothing_is_pushed(
    pushing: Push,
    load: Load,
    checkout: Checkout,
    registry_server: Server,
    repository: str,
    ecr: ECRClient,
) -> None:
    image = load("bad", architecture=OTHER, labels={STAND_IN_LABEL: "true"})
    (checkout.root / "new file").write_text("not committed")
    with pytest.raises(PushBlocked) as caught:
        pushing(
            image,
            *("--create", "--arch", OWN),
            doctor=lambda _: [PushBlocker("/var/task/app.py: unreadable", "chmod it")],
        )
    text = str(caught.value)
    assert text.startswith(f"{image} cannot be pushed; nothing was sent:\n")
    for reason in (
        f"the checkout {checkout.root} differs from its revision",
        "new file",
        f"{image} is for linux/{OTHER}, not linux/{OWN}",
        f"{image} is built on the local base",
        "/var/task/app.py: unreadable\n    remedy: chmod it",
    ):
        assert reason in text
    assert text.count("remedy:") == 4
    assert registry_server.tags(repository) == []
    assert ecr.describe_repositories()["repositories"] == []


def test_a_stand_in_is_pushed_where_it_is_asked_for(pushing: Push, load: Load) -> None:
    image = load("stand-in", labels={STAND_IN_LABEL: "true"})
    with pytest.raises(PushBlocked, match="--allow-stand-in"):
        pushing(image, "--create")
    assert pushing(image, "--create", "--allow-stand-in").out.startswith(HOST)


def test_both_architectures_of_a_revision_have_their_place(
    pushing: Push, load: Load, registry_server: Server, repository: str
) -> None:
    own = pushing(load("own"), "--create", "--json").record
    other = pushing(load("other", architecture=OTHER), "--arch", OTHER, "--json").record
    assert (own["architecture"], other["architecture"]) == (OWN, OTHER)
    assert sorted(registry_server.tags(repository)) == sorted([own["tag"], other["tag"]])


def test_an_unknown_image_names_what_builds_it(pushing: Push) -> None:
    with pytest.raises(UserError, match="no image surefoot-push-test-none") as caught:
        pushing("surefoot-push-test-none")
    assert "make image" in caught.value.remedy
