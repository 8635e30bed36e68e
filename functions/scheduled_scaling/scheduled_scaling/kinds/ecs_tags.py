"""Calls to ECS that change something: a service's count and its tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scheduled_scaling.aws import Cloud
from scheduled_scaling.kinds import bounds
from scheduled_scaling.model import Action, Reading, Tags


def update(where: Mapping[str, str], before: int, after: int) -> Action:
    """Change the desired count."""
    arguments = {**where, "desiredCount": after}
    does = bounds.words(before, after, "desired")
    return Action("ecs", "update_service", arguments, does, takes="ecs-desired")


def fetch(cloud: Cloud, reading: Reading) -> Tags:
    answer = cloud.client("ecs").list_tags_for_resource(resourceArn=reading.arn)
    return {tag["key"]: tag["value"] for tag in answer["tags"]}


def tag(reading: Reading, tags: Tags) -> Action:
    entries = [{"key": key, "value": value} for key, value in tags.items()]
    arguments = {"resourceArn": reading.arn, "tags": entries}
    return Action("ecs", "tag_resource", arguments, "remember in tags")


def untag(reading: Reading, keys: Sequence[str]) -> Action:
    arguments = {"resourceArn": reading.arn, "tagKeys": list(keys)}
    return Action("ecs", "untag_resource", arguments, "forget the tags")
