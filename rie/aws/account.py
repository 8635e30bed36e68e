"""The AWS account and region of a command, and AWS errors as UserErrors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rie.errors import UserError

if TYPE_CHECKING:
    import boto3

# A retry of a call that was throttled or got no answer is safe here: the calls read, can be
# repeated, or carry a client token by which AWS recognizes a retry.
ATTEMPTS = 5
CREDENTIALS_REMEDY = (
    "provide credentials: AWS_PROFILE, aws sso login, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY"
)
REGION_REMEDY = "set AWS_REGION, or region in the profile of ~/.aws/config, or give --region"
# IAM prefixes of the calls that are not CloudFormation's.
_SERVICES = {
    "GetCallerIdentity": "sts",
    "Invoke": "lambda",
    "GetAccountSettings": "lambda",
    "DescribeImages": "ecr",
    "DescribeRepositories": "ecr",
    "CreateRepository": "ecr",
    "DeleteRepository": "ecr",
    "GetAuthorizationToken": "ecr",
    **dict.fromkeys(
        [
            *["GetRuntime", "CreateRuntime", "UpdateRuntime", "ListRuntimeVersions"],
            *["CreateRuntimeVersion", "GetRuntimeVersion"],
            *["GetRuntimeAlias", "CreateRuntimeAlias", "UpdateRuntimeAlias"],
        ],
        "lambda",
    ),
}
# Errors of botocore by name: an expired login, no profile, half a key.
_CREDENTIAL_FAULTS = frozenset(
    [
        *["NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"],
        *["ProfileNotFound", "TokenRetrievalError", "SSOTokenLoadError", "SSOError"],
        *["UnauthorizedSSOTokenError", "NoAuthTokenError", "LoginRefreshRequired"],
        *["ConfigParseError", "InvalidConfigError", "LoginError", "LoginTokenLoadError"],
    ]
)


@dataclass(frozen=True)
class Account:
    """Where to deploy: the account's 12 digits, its region, and the session to make clients of."""

    number: str
    region: str
    session: boto3.Session

    def client(self, service: str) -> Any:
        """A boto3 client that repeats a call only where that is safe (see ATTEMPTS)."""
        return _create_client(self.session, service)


def open_session(region: str | None) -> boto3.Session:
    """A session from the usual AWS configuration. Raises UserError without a region.

    botocore knows AWS_DEFAULT_REGION alone; AWS's other programs prefer AWS_REGION, and so do we.
    """
    import boto3

    with explain_errors():
        session = boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
    if not session.region_name:
        raise UserError("no AWS region is set", REGION_REMEDY)
    return session


def open_account(region: str | None) -> Account:
    """The account and region of the usual AWS configuration. Raises UserError."""
    return account_of(open_session(region))


def account_of(session: boto3.Session) -> Account:
    """The account that the credentials are of (sts:GetCallerIdentity). Raises UserError."""
    with explain_errors():
        number = _create_client(session, "sts").get_caller_identity()["Account"]
    return Account(number, session.region_name, session)


@contextmanager
def explain_errors() -> Iterator[None]:
    """Turn errors of botocore into UserErrors that name the call, the reason and the remedy."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise explain(error) from error


def explain(error: Exception) -> UserError:
    """The UserError for an error of botocore."""
    from surefoot.kit.aws_errors import AwsError

    operation = str(getattr(error, "operation_name", ""))
    service = _SERVICES.get(operation, "cloudformation") if operation else ""
    refused = AwsError.from_exception(error, service)
    if refused.kind == "unauthenticated":
        return UserError(
            f"AWS does not accept the credentials ({refused.code}): {refused.message}",
            CREDENTIALS_REMEDY,
        )
    if type(error).__name__ in _CREDENTIAL_FAULTS:
        return UserError(f"no usable AWS credentials: {error}", CREDENTIALS_REMEDY)
    if type(error).__name__ in {"NoRegionError", "InvalidRegionError"}:
        return UserError(f"no usable AWS region: {error}", REGION_REMEDY)
    if not operation and refused.kind == "unavailable":
        return UserError(
            f"AWS cannot be reached: {refused.message}",
            "check the network, the region's name and AWS_ENDPOINT_URL, then repeat",
        )
    if refused.kind == "denied":
        return UserError(
            f"not allowed to call {refused.api} ({refused.code}): {refused.message}",
            f"allow {refused.api} in the policy of the identity that you use",
        )
    return UserError(
        f"{refused.api} was refused ({refused.code}): {refused.message}", refused.remedy
    )


def _create_client(session: boto3.Session, service: str) -> Any:
    from surefoot.kit.clients import ClientOptions, create_client

    options = ClientOptions(
        user_agent="rie", connect_timeout_s=10, read_timeout_s=60, max_attempts=ATTEMPTS
    )
    return create_client(service, options, session=session)
