"""Fixtures: AWS through the proxy that refuses what EC2 would, and CloudFormation's mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eni_cleanup import aws as own_aws
from eni_cleanup.aws import Dependencies
from eni_cleanup.config import Config
from rie.demo.aws import eni_fixtures as furniture
from rie.demo.aws.eni_fixtures import Vpc
from tests.image.conftest import checkout, engine, image, logs  # noqa: F401 (fixtures)
from tests.integration.functions.eni_cleanup import mailbox
from tests.integration.functions.eni_cleanup.mailbox import Mailbox
from tests.integration.functions.eni_cleanup.proxy import Proxy
from tests.support.aws_proxy import serve


@pytest.fixture
def ec2(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """AWS; clients made in the test and by the function talk to it."""
    with serve(Proxy(), aws) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        own_aws.boto3_client.cache_clear()
        yield running
        own_aws.boto3_client.cache_clear()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    monkeypatch.setenv("RESPONSE_URL_PREFIX", "http://127.0.0.1:")
    with mailbox.mailbox() as running:
        yield running


@pytest.fixture
def vpc(ec2: Proxy) -> Vpc:
    return furniture.vpc()


Order = Callable[..., dict[str, Any]]


@pytest.fixture
def order(box: Mailbox) -> Order:
    """Make a request of CloudFormation for the mailbox."""

    def made(stack: str, kind: str = "Delete", **properties: Any) -> dict[str, Any]:
        return {
            "RequestType": kind,
            "ResponseURL": box.url,
            "StackId": stack,
            "RequestId": "5d478078-13e9-baf0-464a-7ef285ecc786",
            "LogicalResourceId": "Interfaces",
            "PhysicalResourceId": "eni-cleanup-Interfaces-1",
            "ResourceProperties": {"ServiceToken": "arn:aws:lambda:…", **properties},
        }

    return made


@pytest.fixture
def real() -> Dependencies:
    """The real world, but without waiting."""
    return Dependencies(sleep=lambda _: None, config=Config(poll_s=0.01))
