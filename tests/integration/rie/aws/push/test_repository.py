"""The ECR repository: found, made, or refused; and what is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rie.aws.account import Account, open_account
from rie.aws.push import repository
from rie.errors import UserError
from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import json_fault, serve_aws_proxy

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

NAME = "a-repository"


@pytest.fixture
def account(aws: str) -> Account:
    return open_account(None)


def test_a_missing_repository_is_made_once(account: Account) -> None:
    made = repository.ensure(account, NAME, create=True)
    uri = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}"
    assert (made.uri, made.created) == (uri, True)
    assert made.registry == f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    again = repository.ensure(account, NAME, create=True)
    assert (again.uri, again.created) == (uri, False)


def test_an_existing_repository_stays_as_it_is_and_looser_settings_are_noted(
    account: Account, ecr: ECRClient, capsys: pytest.CaptureFixture[str]
) -> None:
    ecr.create_repository(repositoryName=NAME)
    repository.ensure(account, NAME, create=True)
    said = capsys.readouterr().err
    assert "can be overwritten" in said
    assert "does not scan" in said
    found = ecr.describe_repositories(repositoryNames=[NAME])["repositories"][0]
    assert found["imageTagMutability"] == "MUTABLE"


def test_a_missing_repository_is_refused_unless_it_may_be_made(account: Account) -> None:
    with pytest.raises(UserError, match=f"{NAME} in account {ACCOUNT}, region {REGION}") as caught:
        repository.ensure(account, NAME, create=False)
    assert "--create" in caught.value.remedy


def test_throttled_calls_are_repeated(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_aws_proxy(aws) as proxy:
        proxy.answer_first("DescribeRepositories", json_fault("ThrottlingException", "slow down"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", proxy.url)
        repository.ensure(open_account(None), NAME, create=True)
    assert proxy.count() == {"DescribeRepositories": 2, "CreateRepository": 1}


def test_denied_calls_are_not(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_aws_proxy(aws) as proxy:
        proxy.answer("GetAuthorizationToken", json_fault("AccessDeniedException", "no"))
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", proxy.url)
        with pytest.raises(UserError, match="AccessDeniedException") as caught:
            repository.credentials(open_account(None))
    assert "GetAuthorizationToken" in caught.value.remedy
    assert proxy.count() == {"GetAuthorizationToken": 1}


def test_a_repository_that_appears_meanwhile_is_taken(
    account: Account, aws: str, ecr: ECRClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ecr.create_repository(repositoryName=NAME)
    with serve_aws_proxy(aws) as proxy:
        missing = json_fault("RepositoryNotFoundException", "no")
        proxy.answer_first("DescribeRepositories", missing)
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", proxy.url)
        found = repository.ensure(open_account(None), NAME, create=True)
    assert not found.created


def test_the_token_becomes_user_and_password(account: Account, password: str) -> None:
    found = repository.credentials(account)
    assert (found.username, found.password) == ("AWS", password)


@pytest.mark.parametrize("name", ["surefoot", "a/b-c/d_e.f1", "x2"])
def test_names_that_ecr_takes(name: str) -> None:
    repository.check_name(name)


@pytest.mark.parametrize("name", ["", "x", "Upper", "a//b", "-a", "a-", "a..b", "ü1", "a" * 257])
def test_names_that_it_refuses(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name") as caught:
        repository.check_name(name)
    assert "--repository" in caught.value.remedy
