"""What EC2 says of instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from termination_policy.event import Instance
from termination_policy.strategy import Desk

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import InstanceTypeDef

PER_CALL = 200  # values of one filter. Source: "DescribeInstances", Amazon EC2 API Reference


def described(instances: Sequence[Instance], desk: Desk) -> Iterator[InstanceTypeDef]:
    """Ask DescribeInstances for up to PER_CALL of them; those that EC2 does not find are left out.

    By filter, since one id that is gone would refuse the whole call otherwise. Raises TooLate,
    and botocore's errors.
    """
    client: EC2Client = desk.client("ec2")
    pages = client.get_paginator("describe_instances").paginate(
        Filters=[{"Name": "instance-id", "Values": [one.id for one in instances]}],
        PaginationConfig={"PageSize": 1000},
    )
    desk.deadline.check()
    for page in pages:
        desk.deadline.check()
        for reservation in page["Reservations"]:
            yield from reservation["Instances"]
