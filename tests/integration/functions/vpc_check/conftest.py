"""Fixtures: a VPC in moto, and one image for the sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rie.demo.aws.vpc_fixtures import Cloud, make
from tests.image.conftest import checkout, engine, image
from tests.integration.functions.vpc_check.refusing import Front, refusing
from tests.support.aws import reset_moto, variables

__all__ = ["checkout", "engine", "image"]


@pytest.fixture(scope="session")
def front(moto_url: str) -> Iterator[Front]:
    """The one address of AWS for all of these tests, so that clients are made once."""
    with refusing(moto_url) as proxy:
        yield proxy


@pytest.fixture
def aws(front: Front, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The front's address, with nothing refused; boto3 talks to it."""
    reset_moto(moto_url)
    front.refused.clear()
    front.paged.clear()
    for name, value in variables(front.url).items():
        monkeypatch.setenv(name, value)
    return front.url


@pytest.fixture
def cloud(aws: str) -> Cloud:
    """A function in two private subnets, whose NAT stands in a public one."""
    return make()
