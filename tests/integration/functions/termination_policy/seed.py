"""What moto has: instances with launch times, container instances, metrics."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from tests.support.aws import ACCOUNT, REGION

CLUSTER = "batch"
FIRST_LAUNCH = datetime(2026, 3, 1, tzinfo=timezone.utc)


def instances(count: int, tags: dict[int, dict[str, str]] | None = None) -> list[str]:
    """Ids of new instances, each launched an hour after the one before; tags by position."""
    client = boto3.client("ec2")
    image = client.describe_images()["Images"][0]["ImageId"]
    made = client.run_instances(ImageId=image, MinCount=count, MaxCount=count)
    names = [one["InstanceId"] for one in made["Instances"]]
    backend: Any = ec2_backends[ACCOUNT][REGION]
    for number, name in enumerate(names):
        launched = FIRST_LAUNCH + timedelta(hours=number)
        backend.get_instance(name).launch_time = launched.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for number, pairs in (tags or {}).items():
        listed: Any = [{"Key": key, "Value": value} for key, value in pairs.items()]
        client.create_tags(Resources=[names[number]], Tags=listed)
    return names


def container_instances(names: list[str], busy: dict[int, dict[str, Any]]) -> None:
    """Register instances with a cluster; `busy` has members of some, by position."""
    client = boto3.client("ecs")
    client.create_cluster(clusterName=CLUSTER)
    for name in names:
        document = f'{{"instanceId": "{name}"}}'
        client.register_container_instance(cluster=CLUSTER, instanceIdentityDocument=document)
    backend: Any = ecs_backends[ACCOUNT][REGION]
    found = {one.ec2_instance_id: one for one in backend.container_instances[CLUSTER].values()}
    for number, members in busy.items():
        for member, value in members.items():
            setattr(found[names[number]], member, value)


def load(name: str, values: dict[int, float], now: datetime) -> None:
    """CPU of an instance; `values` by minutes before `now`."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/EC2",
        MetricData=[
            {
                "MetricName": "CPUUtilization",
                "Dimensions": [{"Name": "InstanceId", "Value": name}],
                "Timestamp": now - timedelta(minutes=minutes),
                "Value": value,
            }
            for minutes, value in values.items()
        ],
    )


def table(name: str = "results") -> None:
    """A table for results."""
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def bucket(name: str = "results") -> None:
    """A bucket for results."""
    place: Any = {"LocationConstraint": REGION}
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
