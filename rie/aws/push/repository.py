"""The ECR repository and the token that opens it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rie.aws.account import Account, explain_errors
from rie.console import print_progress
from rie.errors import UserError
from rie.untrusted_text import register_secret

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_ecr.type_defs import RepositoryTypeDef

RESOURCE_TAGS = {"created-by": "surefoot"}
# ECR API reference, CreateRepository: repositoryName, 2 to 256 characters.
_PART = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")


@dataclass(frozen=True)
class Credentials:
    """A registry's user name and password; the password is in no printed form."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Repository:
    """`uri` is REGISTRY/NAME, as Lambda expects it; `created` is whether this push created it."""

    name: str
    uri: str
    created: bool

    @property
    def registry(self) -> str:
        return self.uri.removesuffix(f"/{self.name}")


def check_name(name: str) -> None:
    """Raise UserError for a name that ECR would reject."""
    if not (2 <= len(name) <= 256 and _NAME.fullmatch(name)):
        raise UserError(
            f"{name!r} cannot be the name of an ECR repository",
            "name one with --repository: lower case letters and digits, "
            "single . _ - between them, / between parts",
        )


def ensure(account: Account, name: str, *, create: bool) -> Repository:
    """The repository `name`, made if it is missing and `create` is set. Raises UserError."""
    ecr: ECRClient = account.client("ecr")
    with explain_errors():
        found = _find(ecr, name)
        if found is not None:
            _note_settings(found)
            return Repository(name, found["repositoryUri"], created=False)
        if not create:
            raise UserError(
                f"there is no ECR repository {name} in account {account.number}, "
                f"region {account.region}",
                "create it with --create (make push ARGS=--create), or name another: --repository",
            )
        return _create(ecr, name)


def _find(ecr: ECRClient, name: str) -> RepositoryTypeDef | None:
    try:
        return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    except ecr.exceptions.RepositoryNotFoundException:
        return None


def _create(ecr: ECRClient, name: str) -> Repository:
    try:
        answer = ecr.create_repository(
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            encryptionConfiguration={"encryptionType": "AES256"},  # ECR's default, made explicit
            tags=[{"Key": key, "Value": value} for key, value in RESOURCE_TAGS.items()],
        )
    except ecr.exceptions.RepositoryAlreadyExistsException:
        # Another push was faster, or the answer to our first attempt was lost.
        found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
        return Repository(name, found["repositoryUri"], created=False)
    print_progress(f"Created the repository {name}: immutable tags, scan on push, AES-256.")
    return Repository(name, answer["repository"]["repositoryUri"], created=True)


def _note_settings(found: RepositoryTypeDef) -> None:
    """Report settings that are less strict than ours; they are not changed."""
    name = found["repositoryName"]
    if not found.get("imageTagMutability", "").startswith("IMMUTABLE"):
        print_progress(
            f"note: tags in {name} can be overwritten; deploy by digest, as printed below"
        )
    if not found.get("imageScanningConfiguration", {}).get("scanOnPush"):
        print_progress(f"note: {name} does not scan images when they are pushed")


def credentials(account: Account) -> Credentials:
    """The registry's user name and password, valid for 12 hours, kept in memory only.

    Raises UserError.
    """
    ecr: ECRClient = account.client("ecr")
    with explain_errors():
        answer = ecr.get_authorization_token()
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    username, _, password = token.partition(":")
    register_secret(password)
    return Credentials(username, password)
