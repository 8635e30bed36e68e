"""Clients of the APIs that the function itself calls; the CDK has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

    from cdk_deploy.config import Config


def cloudformation() -> CloudFormationClient:
    """Return a client with the function's own role, which may describe and no more."""
    import boto3

    return boto3.client("cloudformation", config=_patient())


def deployer(config: Config, request_id: str) -> CloudFormationClient:
    """Return a client with the deploy role of the CDK's bootstrap stack of this account and region.

    Source: "Bootstrap your environment" in the CDK Developer Guide (names of the roles).
    """
    import boto3

    sts = boto3.client("sts", config=_patient())
    identity = sts.get_caller_identity()
    partition, account = identity["Arn"].split(":")[1], identity["Account"]
    role = f"cdk-{config.qualifier}-deploy-role-{account}-{sts.meta.region_name}"
    given = sts.assume_role(
        RoleArn=f"arn:{partition}:iam::{account}:role/{role}",
        RoleSessionName=f"surefoot-{request_id}"[:64],
    )["Credentials"]
    return boto3.client(
        "cloudformation",
        config=_patient(),
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def functions() -> Any:
    """Return a client that can invoke this function again."""
    import boto3

    return boto3.client("lambda", config=_patient())


def _patient() -> Any:
    from botocore.config import Config as Settings

    retries: Any = {"mode": "standard", "max_attempts": 6}
    return Settings(connect_timeout=5, read_timeout=20, retries=retries)
