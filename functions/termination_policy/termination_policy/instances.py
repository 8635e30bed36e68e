"""EC2's description of instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from termination_policy.event import Instance
from termination_policy.strategy import StrategyContext

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import InstanceTypeDef

BATCH_SIZE = 200  # values of one filter. Source: "DescribeInstances", Amazon EC2 API Reference


def describe_instances(
    instances: Sequence[Instance], context: StrategyContext
) -> Iterator[InstanceTypeDef]:
    """Yield DescribeInstances' entries of up to BATCH_SIZE instances that EC2 knows.

    By filter, since one unknown id would fail the whole call otherwise. Raises DeadlinePassed and
    botocore's errors.
    """
    client: EC2Client = context.client("ec2")
    pages = client.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-id", "Values": [one.id for one in instances]}],
        PaginationConfig={"PageSize": 1000},
    )
    context.deadline.check()
    for page in pages:
        context.deadline.check()
        for reservation in page["Reservations"]:
            yield from reservation["Instances"]
