"""Fixtures of the functions' tests: AWS is moto over HTTP, emptied before each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.aws import moto_server, reset_moto, variables


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's address; boto3 clients made in the test talk to it."""
    reset_moto(moto_url)
    for name, value in variables(moto_url).items():
        monkeypatch.setenv(name, value)
    return moto_url
