"""Scalable targets of Application Auto Scaling: what two kinds need of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.model import Action

CLIENT = "application-autoscaling"
BATCH = 50  # ids in a describe call; its answer's page has as many


def resource(namespace: str, name: str, dimension: str) -> str:
    """Return the name of a scalable target as a resource, equal for targets of all kinds."""
    return f"{CLIENT}:{namespace}/{name}/{dimension}"


def describe(
    aws: AwsClients, namespace: str, resources: Sequence[str], dimension: str = ""
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is registered, by resource id and dimension. Raises botocore's errors."""
    found = {}
    arguments: dict[str, Any] = {"ServiceNamespace": namespace}
    if dimension:
        arguments["ScalableDimension"] = dimension
    pages = aws.client(CLIENT).get_paginator("describe_scalable_targets")
    for start in range(0, len(resources), BATCH):
        part = list(resources[start : start + BATCH])
        for page in pages.paginate(**arguments, ResourceIds=part):
            for entry in page["ScalableTargets"]:
                found[entry["ResourceId"], entry["ScalableDimension"]] = entry
    return found


def register(
    namespace: str, resource: str, dimension: str, change: dict[str, Any], description: str
) -> Action:
    """Change a scalable target; what `change` leaves out stays as it is."""
    arguments = {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
        **change,
    }
    return Action(CLIENT, "register_scalable_target", arguments, description)
