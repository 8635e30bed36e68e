"""Clients of the APIs that the function itself calls; the CDK has its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surefoot.kit.clients import ClientOptions, create_client

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

    from cdk_deploy.config import Config

# Deployments are throttled easily: an account's stacks share CloudFormation's rate.
_OPTIONS = ClientOptions(user_agent="cdk_deploy", max_attempts=7)


def cloudformation_client() -> CloudFormationClient:
    """Create a client with the function's own role, which may describe but not change."""
    client: CloudFormationClient = create_client("cloudformation", _OPTIONS)
    return client


def deploy_role_client(config: Config, request_id: str) -> CloudFormationClient:
    """Create a client with the deploy role of the CDK's bootstrap stack in this account and region.

    Source: "Bootstrap your environment" in the CDK Developer Guide (names of the roles).
    """
    sts = create_client("sts", _OPTIONS)
    identity = sts.get_caller_identity()
    partition, account = identity["Arn"].split(":")[1], identity["Account"]
    role = f"cdk-{config.qualifier}-deploy-role-{account}-{sts.meta.region_name}"
    credentials = sts.assume_role(
        RoleArn=f"arn:{partition}:iam::{account}:role/{role}",
        RoleSessionName=f"surefoot-{request_id}"[:64],
    )["Credentials"]
    client: CloudFormationClient = create_client(
        "cloudformation",
        _OPTIONS,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    return client


def lambda_client() -> Any:
    """Create a client that can invoke this function again."""
    return create_client("lambda", _OPTIONS)


def client(service: str) -> Any:
    """Create a client of another service with the function's own role."""
    return create_client(service, _OPTIONS)
