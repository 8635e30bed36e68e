"""Fixtures: the real CDK, AWS behind the proxy with what `cdk bootstrap` makes, the settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from tests.image.conftest import checkout, engine, image
from tests.integration.functions.cdk_deploy import tools
from tests.integration.functions.cdk_deploy.front import Front, front
from tests.integration.functions.cdk_deploy.tools import FUNCTION, Tools
from tests.support.aws import ACCOUNT, REGION, variables

__all__ = ["checkout", "engine", "image"]  # fixtures of the image's tests
APPS = Path(__file__).parent / "apps"
ROLES = ("deploy", "file-publishing", "image-publishing", "lookup", "cfn-exec")


@pytest.fixture(scope="session")
def cdk() -> Tools:
    return tools.install()


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In the place of /tmp, as warm as it would be: what jsii unpacks stays for the next test."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture
def cloud(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """AWS with what `cdk bootstrap` makes."""
    with front(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        bootstrap()
        yield proxy


def bootstrap() -> None:
    """Make the bootstrap stack's parts that a deployment asks for."""
    boto3.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    boto3.client("s3").create_bucket(
        Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    for role in ROLES:
        name = f"cdk-hnb659fds-{role}-role-{ACCOUNT}-{REGION}"
        boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)


def settings(cdk: Tools, scratch: Path, app: Path) -> Mapping[str, str]:
    """The function's variables for an app on this machine."""
    return {
        "CDK_APP": f"{cdk.python} app.py",
        "CDK_APP_DIR": str(app),
        "CDK_NODE": str(cdk.node),
        "CDK_CLI": str(cdk.cli),
        "CDK_SCRATCH": str(scratch),
        "CDK_RESERVE_S": "5",
        "CDK_POLL_S": "0.01",
        # jsii's own setting: 200 MB that need not be unpacked for each run of the tests.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cdk.cache),
    }


@pytest.fixture
def plain(cloud: Front, cdk: Tools, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    """The handler's settings for the small app; its answer is AWS."""
    for name, value in settings(cdk, scratch, APPS / "plain").items():
        monkeypatch.setenv(name, value)
    return cloud


@pytest.fixture
def example(cloud: Front, cdk: Tools, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> Front:
    """The handler's settings for the function's own app."""
    for name, value in settings(cdk, scratch, FUNCTION / "app").items():
        monkeypatch.setenv(name, value)
    return cloud


def environment(url: str, own: Mapping[str, str]) -> Mapping[str, str]:
    """Variables for a function in another process."""
    return {**variables(url), **own, "PATH": os.environ["PATH"]}
