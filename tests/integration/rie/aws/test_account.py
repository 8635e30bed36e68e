from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    UnauthorizedSSOTokenError,
)

from rie.aws.account import explain, open_account
from rie.errors import UserError
from tests.integration.rie.aws.conftest import Rie
from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import HANG_UP, AwsProxy, fault


def test_account_and_region_are_those_of_the_configuration(aws: str) -> None:
    account = open_account(None)
    assert (account.number, account.region) == (ACCOUNT, REGION)
    assert open_account("us-west-2").region == "us-west-2"


def test_the_region_is_the_one_that_awss_own_programs_take(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-2")
    assert open_account(None).region == "us-east-2"
    monkeypatch.delenv("AWS_REGION")
    assert open_account(None).region == REGION  # AWS_DEFAULT_REGION


@pytest.fixture
def no_credentials(aws: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    return monkeypatch


def test_missing_credentials_are_one_clear_sentence(
    rie: Rie, no_credentials: pytest.MonkeyPatch
) -> None:
    done = rie("deploy", "echo", "--dry-run")
    assert (done.code, done.out) == (1, "")
    assert "error: no usable AWS credentials: Unable to locate credentials\n" in done.err
    assert "AWS_PROFILE, aws sso login" in done.err


def test_half_a_key_is_no_key(no_credentials: pytest.MonkeyPatch) -> None:
    no_credentials.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    with pytest.raises(UserError, match="no usable AWS credentials: Partial credentials"):
        open_account(None)


def test_a_profile_that_is_not_there_is_named(no_credentials: pytest.MonkeyPatch) -> None:
    no_credentials.setenv("AWS_PROFILE", "work")
    with pytest.raises(UserError, match=r"no usable AWS credentials: .*work"):
        open_account(None)


def test_a_broken_configuration_is_named(
    no_credentials: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default\n")
    no_credentials.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(UserError, match="no usable AWS credentials: Unable to parse config file"):
        open_account(None)


def test_a_missing_region_is_named(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    with pytest.raises(UserError, match="no AWS region is set") as raised:
        open_account(None)
    assert "--region" in raised.value.remedy


def test_a_region_that_cannot_be_one_is_named(aws: str) -> None:
    with pytest.raises(UserError, match="no usable AWS region"):
        open_account("not a region")


def test_expired_credentials_are_distinguished_from_missing_ones(aws_proxy: AwsProxy) -> None:
    aws_proxy.answer("GetCallerIdentity", fault("ExpiredToken", "The token has expired", 403))
    with pytest.raises(UserError, match=r"does not accept the credentials \(ExpiredToken\)"):
        open_account(None)


def test_a_denied_call_is_named_with_its_action(aws_proxy: AwsProxy, rie: Rie, image: str) -> None:
    aws_proxy.answer("CreateChangeSet", fault("AccessDenied", "User x is not authorized", 403))
    done = rie("deploy", "echo", "--image", image, "--yes")
    assert done.code == 1
    assert "not allowed to call cloudformation:CreateChangeSet (AccessDenied)" in done.err
    assert "allow cloudformation:CreateChangeSet in the policy" in done.err


def test_reading_is_repeated_after_a_broken_connection(aws_proxy: AwsProxy) -> None:
    identity = fault("ServiceUnavailable", "later", 503)
    aws_proxy.answer("GetCallerIdentity", HANG_UP, identity)
    with pytest.raises(UserError, match="sts:GetCallerIdentity was refused"):
        open_account(None)
    assert len(aws_proxy.calls_to("GetCallerIdentity")) == 5


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NoCredentialsError(), "no usable AWS credentials"),
        (UnauthorizedSSOTokenError(), "no usable AWS credentials: The SSO session"),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            "AWS cannot be reached: Could not connect",
        ),
        (
            ClientError({"Error": {"Code": "Throttling", "Message": "Rate"}}, "DescribeImages"),
            "ecr:DescribeImages was refused (Throttling): Rate",
        ),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateRepository"),
            "not allowed to call ecr:CreateRepository",
        ),
    ],
)
def test_errors_of_botocore_name_call_and_reason(error: Exception, reason: str) -> None:
    assert explain(error).reason.startswith(reason)
