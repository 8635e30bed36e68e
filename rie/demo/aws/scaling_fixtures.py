"""Fills moto with what the example scenarios scale: a cluster, a service, and others.

DocumentDB's engine is unknown to moto; Neptune's goes through the same client (see
SCALING_ENGINES). As a program it seeds what AWS_ENDPOINT_URL names, as for a demo.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import boto3


@lru_cache
def client(name: str) -> Any:
    """A client of boto3's default session, made once."""
    factory: Any = boto3.client
    return factory(name)


ENGINE = "neptune"
TABLE = "scaling"


def docdb_cluster(
    name: str = "orders", instances: int = 2, size: str = "db.r6g.large", engine: str = ENGINE
) -> None:
    """A cluster with the instances NAME-1 (the writer), NAME-2 …"""
    api = client("docdb")
    api.create_db_cluster(
        DBClusterIdentifier=name,
        Engine=engine,
        MasterUsername="admin1",
        MasterUserPassword=secrets.token_hex(8),  # never used
    )
    for number in range(1, instances + 1):
        api.create_db_instance(
            DBInstanceIdentifier=f"{name}-{number}",
            DBInstanceClass=size,
            Engine=engine,
            DBClusterIdentifier=name,
            PromotionTier=1,
        )


def ecs_services(names: Iterable[str] = ("workers",), desired: int = 2) -> None:
    """Services in the cluster batch, each a scalable target from 1 to 4."""
    api = client("ecs")
    autoscaling = client("application-autoscaling")
    api.create_cluster(clusterName="batch")
    api.register_task_definition(
        family="worker",
        containerDefinitions=[{"name": "worker", "image": "worker", "cpu": 1, "memory": 128}],
    )
    for name in names:
        api.create_service(
            cluster="batch", serviceName=name, taskDefinition="worker", desiredCount=desired
        )
        # moto starts tasks only when a service is updated.
        api.update_service(cluster="batch", service=name, desiredCount=desired)
        autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/batch/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=1,
            MaxCapacity=4,
        )


def auto_scaling_group(name: str = "crunchers") -> None:
    """A group of one instance, from 1 to 3."""
    client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": "ami-12345678"}
    )
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=1,
        MaxSize=3,
        DesiredCapacity=1,
        LaunchTemplate={"LaunchTemplateName": name},
        AvailabilityZones=["eu-west-1a"],
    )


def table() -> None:
    """The table for leases and memory."""
    client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def night() -> None:
    """All that scenarios.yaml needs: the cluster orders and the service workers in batch."""
    docdb_cluster()
    ecs_services()


def instances(cluster: str = "orders") -> dict[str, tuple[str, int, bool]]:
    """The instances of a cluster now: class, promotion tier and whether it is the writer."""
    api = client("docdb")
    entry = api.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0]
    writers = {m["DBInstanceIdentifier"]: m["IsClusterWriter"] for m in entry["DBClusterMembers"]}
    return {
        i["DBInstanceIdentifier"]: (
            i["DBInstanceClass"],
            i["PromotionTier"],
            writers[i["DBInstanceIdentifier"]],
        )
        for i in api.describe_db_instances(
            Filters=[{"Name": "db-cluster-id", "Values": [cluster]}]
        )["DBInstances"]
    }


def service(name: str = "workers") -> tuple[int, int, int]:
    """A service now: minimum, desired count and maximum."""
    entry = client("ecs").describe_services(cluster="batch", services=[name])["services"][0]
    bound = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[f"service/batch/{name}"]
    )["ScalableTargets"][0]
    return bound["MinCapacity"], entry["desiredCount"], bound["MaxCapacity"]


if __name__ == "__main__":
    night()
