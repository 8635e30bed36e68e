"""Tags of Auto Scaling groups; they stay with the group, its instances do not get them."""

from __future__ import annotations

from collections.abc import Sequence

from scheduled_scaling.aws import Cloud
from scheduled_scaling.model import Action, Reading, Tags

_GROUP = "auto-scaling-group"


def fetch(cloud: Cloud, reading: Reading) -> Tags:
    filters = [{"Name": _GROUP, "Values": [reading.arn]}]
    answer = cloud.client("autoscaling").describe_tags(Filters=filters)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}


def tag(reading: Reading, tags: Tags) -> Action:
    entries = [{**_of(reading, key), "Value": value} for key, value in tags.items()]
    return Action(
        "autoscaling",
        "create_or_update_tags",
        {"Tags": [{**entry, "PropagateAtLaunch": False} for entry in entries]},
        "remember in tags",
    )


def untag(reading: Reading, keys: Sequence[str]) -> Action:
    entries = [_of(reading, key) for key in keys]
    return Action("autoscaling", "delete_tags", {"Tags": entries}, "forget the tags")


def _of(reading: Reading, key: str) -> dict[str, str]:
    return {"ResourceId": reading.arn, "ResourceType": _GROUP, "Key": key}
