"""AWS clients that give up soon, and describe calls with all their pages.

Inside a VPC without a way out, no API answers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from surefoot.kit import clients as kit
from vpc_check.facts import Row

_OPTIONS = kit.ClientOptions(
    user_agent="vpc_check",
    connect_timeout_s=2,
    read_timeout_s=10,
    max_attempts=2,
    max_connections=16,
)


@dataclass(frozen=True)
class Clients:
    """boto3 clients of one region; they may be used by many threads."""

    region: str
    ec2: Any
    awslambda: Any
    iam: Any
    rds: Any
    quotas: Any
    elb: Any = None
    elasticache: Any = None
    resolver: Any = None
    cloudwatch: Any = None
    logs: Any = None


@functools.cache
def connect() -> Clients:
    """Make the clients, with the region and credentials of the environment; once, then kept."""
    import boto3

    session = boto3.Session()
    client = kit.Clients(_OPTIONS, session=session)
    return Clients(
        region=str(session.region_name),
        ec2=client("ec2"),
        awslambda=client("lambda"),
        iam=client("iam"),
        rds=client("rds"),
        quotas=client("service-quotas"),
        elb=client("elbv2"),
        elasticache=client("elasticache"),
        resolver=client("route53resolver"),
        cloudwatch=client("cloudwatch"),
        logs=client("logs"),
    )


def failures() -> tuple[type[Exception], ...]:
    """What a call raises that fails, an answer that is not the service's included.

    A proxy's page in HTML is a ResponseParserError, which is no BotoCoreError.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return BotoCoreError, ClientError, ResponseParserError


def pages(client: Any, operation: str, member: str, **arguments: Any) -> Callable[[], list[Row]]:
    """Return what fetches the rows of every page, as one list.

    :param operation: a method of a boto3 client, describe_subnets
    :param member: of the answer, with the rows
    """

    def fetch() -> list[Row]:
        answers: Iterable[Row] = client.get_paginator(operation).paginate(**arguments)
        return [row for answer in answers for row in answer.get(member, [])]

    return fetch
