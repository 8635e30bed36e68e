"""Fixtures of the functions' tests: AWS is moto over HTTP, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.aws import forget_everything, moto_server, variables


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's address; boto3 clients made in the test talk to it."""
    forget_everything(moto_url)
    for name, value in variables(moto_url).items():
        monkeypatch.setenv(name, value)
    return moto_url
