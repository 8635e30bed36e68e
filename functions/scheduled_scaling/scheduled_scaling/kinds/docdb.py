"""What the kinds of DocumentDB clusters share: finding clusters and classifying their status.

The service shares its API with RDS: its client also sees Aurora and Neptune, and its permissions
are called rds. Source: "Amazon DocumentDB API reference"; states: "Monitoring an Amazon DocumentDB
cluster's status" and "… instance's status", Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError
from scheduled_scaling.model import Action, Reading, Tags, Target

CLIENT = "docdb"
BATCH = 50
CLUSTER = r"[A-Za-z][A-Za-z0-9-]{0,62}"
CLUSTER_HINT = "give the cluster's identifier, not its ARN or address"
_BROKEN = ("stopp", "failed", "incompatible", "inaccessible", "delet", "insufficient")


def clusters(
    aws: AwsClients, targets: Sequence[Target]
) -> tuple[dict[str, dict[str, Any]], dict[str, TargetError]]:
    """Return the clusters by identifier, and problems by the target's name."""
    names = sorted({target.address["cluster"] for target in targets})
    pages = aws.client(CLIENT).get_paginator("describe_db_clusters")
    filters = [{"Name": "db-cluster-id", "Values": names}]
    found = {
        cluster["DBClusterIdentifier"]: cluster
        for page in pages.paginate(Filters=filters)
        for cluster in page["DBClusters"]
    }
    problems = {}
    for target in targets:
        name = target.address["cluster"]
        if name not in found:
            problems[target.name] = TargetError(
                f"there is no cluster {name}", "correct the scenario, or create the cluster"
            )
        elif found[name]["Engine"] not in aws.engines:
            problems[target.name] = TargetError(
                f"the cluster {name} runs {found[name]['Engine']}, not {', '.join(aws.engines)}",
                "leave it out; SCALING_ENGINES names the engines that may be scaled",
            )
    return found, problems


def instances(
    aws: AwsClients, targets: Sequence[Target], problems: Mapping[str, TargetError]
) -> dict[str, dict[str, Any]]:
    """Return the instances of the targets' clusters by identifier. Raises botocore's errors."""
    names = sorted({t.address["cluster"] for t in targets if t.name not in problems})
    found: dict[str, dict[str, Any]] = {}
    if names:
        pages = aws.client(CLIENT).get_paginator("describe_db_instances")
        for page in pages.paginate(Filters=[{"Name": "db-cluster-id", "Values": names}]):
            found |= {entry["DBInstanceIdentifier"]: entry for entry in page["DBInstances"]}
    return found


def resource(address: Mapping[str, str]) -> str:
    """Return the name of a cluster as a resource, equal for targets of all kinds."""
    return f"{CLIENT}:{address['cluster']}"


def describe_wait(what: str, status: str) -> str:
    """Return what a plan has to wait for; an empty text if `status` is available.

    Raises TargetError if waiting does not help.
    """
    if status == "available":
        return ""
    if any(word in status for word in _BROKEN):
        raise TargetError(
            f"{what} is {status}",
            "start the cluster first" if "stop" in status else "bring it back to available first",
        )
    return f"{what} is {status}"


def fetch(aws: AwsClients, reading: Reading) -> Tags:
    answer = aws.client(CLIENT).list_tags_for_resource(ResourceName=reading.arn)
    return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


def tag(reading: Reading, tags: Tags) -> Action:
    entries = [{"Key": key, "Value": value} for key, value in tags.items()]
    arguments = {"ResourceName": reading.arn, "Tags": entries}
    return Action(CLIENT, "add_tags_to_resource", arguments, "save the state in tags")


def untag(reading: Reading, keys: Sequence[str]) -> Action:
    arguments = {"ResourceName": reading.arn, "TagKeys": list(keys)}
    return Action(CLIENT, "remove_tags_from_resource", arguments, "delete the saved state's tags")


def cluster_arguments(address: Mapping[str, str]) -> dict[str, str]:
    """Return the argument that names a target's cluster."""
    return {"DBClusterIdentifier": address["cluster"]}
