"""Tags of DocumentDB elastic clusters."""

from __future__ import annotations

from collections.abc import Sequence

from scheduled_scaling.aws import Cloud
from scheduled_scaling.model import Action, Reading, Tags

_CLIENT = "docdb-elastic"


def fetch(cloud: Cloud, reading: Reading) -> Tags:
    answer = cloud.client(_CLIENT).list_tags_for_resource(resourceArn=reading.arn)
    return dict(answer["tags"])


def tag(reading: Reading, tags: Tags) -> Action:
    arguments = {"resourceArn": reading.arn, "tags": dict(tags)}
    return Action(_CLIENT, "tag_resource", arguments, "remember in tags")


def untag(reading: Reading, keys: Sequence[str]) -> Action:
    arguments = {"resourceArn": reading.arn, "tagKeys": list(keys)}
    return Action(_CLIENT, "untag_resource", arguments, "forget the tags")
