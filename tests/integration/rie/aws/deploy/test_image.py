from __future__ import annotations

from pathlib import Path

import pytest

from rie.aws.account import Account, open_account
from rie.aws.deploy import image as images
from rie.aws.deploy.image import Reference
from rie.errors import UserError
from rie.function import Function
from tests.integration.rie.aws.conftest import REGISTRY, REPOSITORY, push
from tests.support.aws_proxy import AwsProxy, json_fault

DIGEST = "sha256:" + "0123456789abcdef" * 4
INDEX = "application/vnd.oci.image.index.v1+json"


@pytest.fixture
def account(aws: str) -> Account:
    return open_account(None)


@pytest.mark.parametrize(
    "text",
    [
        f"{REGISTRY}/{REPOSITORY}@{DIGEST}",
        f"{REGISTRY}/team/{REPOSITORY}:0.1.0-abc",
        f"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a_b@{DIGEST}",
    ],
)
def test_an_image_of_ecr_is_read_and_written_the_same(text: str) -> None:
    assert str(images.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "surefoot-echo:latest",
        f"docker.io/library/{REPOSITORY}:1",
        f"{REGISTRY}/{REPOSITORY}",
        f"{REGISTRY}/{REPOSITORY}@sha256:abc",
        f"{REGISTRY}/{REPOSITORY}:v1@{DIGEST}",
        f"https://{REGISTRY}/{REPOSITORY}:v1",
        "public.ecr.aws/lambda/provided:al2",
    ],
)
def test_anything_else_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(UserError, match="Lambda takes images from ECR only") as raised:
        images.parse(text)
    assert "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST" in raised.value.remedy


def resolved(account: Account, text: str, *, guessed: bool = False) -> str:
    return images.find_image(account, images.parse(text), guessed=guessed).uri


def test_a_tag_becomes_the_digest_that_it_means_now(account: Account) -> None:
    uri = push("v1")
    assert resolved(account, f"{REGISTRY}/{REPOSITORY}:v1") == uri
    assert resolved(account, uri) == uri


@pytest.mark.parametrize("what", [":v2", f"@{DIGEST}"])
def test_an_image_that_ecr_does_not_have_is_named(account: Account, what: str) -> None:
    push("v1")
    with pytest.raises(UserError, match=f"ECR has no image .*{REPOSITORY}{what}"):
        resolved(account, f"{REGISTRY}/{REPOSITORY}{what}")


def test_a_missing_repository_is_named(account: Account) -> None:
    with pytest.raises(UserError, match="account 123456789012 has no repository surefoot-echo"):
        resolved(account, f"{REGISTRY}/{REPOSITORY}:v1")


def test_a_missing_image_of_this_checkout_is_to_be_pushed(account: Account) -> None:
    with pytest.raises(UserError, match="looked for the image of this checkout") as raised:
        resolved(account, f"{REGISTRY}/{REPOSITORY}:v1", guessed=True)
    assert raised.value.remedy.startswith("make push it first")


def test_an_image_of_another_region_is_refused(account: Account) -> None:
    with pytest.raises(UserError, match="is in us-west-2; Lambda in eu-west-1") as raised:
        resolved(account, f"123456789012.dkr.ecr.us-west-2.amazonaws.com/{REPOSITORY}:v1")
    assert "--region us-west-2" in raised.value.remedy


def test_an_image_index_is_refused_before_lambda_does(account: Account) -> None:
    push("many", INDEX)
    with pytest.raises(UserError, match="is an image index") as raised:
        resolved(account, f"{REGISTRY}/{REPOSITORY}:many")
    assert "--provenance=false" in raised.value.remedy


def test_a_digest_that_may_not_be_looked_up_is_used_with_a_note(
    aws_proxy: AwsProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    aws_proxy.answer("DescribeImages", json_fault("AccessDeniedException", "not yours"))
    uri = f"{REGISTRY}/{REPOSITORY}@{DIGEST}"
    assert resolved(open_account(None), uri) == uri
    assert "note: not allowed to call ecr:DescribeImages" in capsys.readouterr().err


def test_a_tag_that_may_not_be_looked_up_is_refused(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("DescribeImages", json_fault("AccessDeniedException", "not yours"))
    with pytest.raises(UserError, match="not allowed to call ecr:DescribeImages"):
        resolved(open_account(None), f"{REGISTRY}/{REPOSITORY}:v1")


@pytest.mark.parametrize(
    ("tags", "architecture"),
    [
        (["0.1.0-0123456789ab-arm64"], "arm64"),
        (["v1", "0.1.0-0123456789ab-amd64"], "amd64"),
        (["v1"], ""),
        (["a-arm64", "b-amd64"], ""),
    ],
)
def test_the_tags_of_a_push_say_what_an_image_was_built_for(
    account: Account, tags: list[str], architecture: str
) -> None:
    for tag in tags:
        uri = push(tag, content="one image")
    assert images.find_image(account, images.parse(uri), guessed=False).architecture == architecture


def test_without_a_checkout_no_image_can_be_guessed(account: Account, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="git finds no revision"):
        images.reference_of_checkout(account, Function("echo", tmp_path, "-"), "amd64")


def test_the_guess_is_what_push_names_it(account: Account) -> None:
    from rie.git_checkout import read_checkout
    from rie.paths import ROOT

    guess = images.reference_of_checkout(
        account, Function("Echo", ROOT / "functions/echo", "-"), "arm64"
    )
    tag = read_checkout(ROOT / "functions/echo").tag("arm64")
    assert guess == Reference(REGISTRY, "123456789012", "eu-west-1", "surefoot-echo", "", tag)
