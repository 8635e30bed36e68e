"""The companion's handler: on a schedule it asks what takes too long for 2 seconds.

What it finds free it writes as a verdict, which the strategy `cached` believes until it expires.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from termination_policy import cached_result
from termination_policy.aws import Clients
from termination_policy.deadline import Deadline
from termination_policy.decide import chosen
from termination_policy.errors import Doubt, Invalid
from termination_policy.event import Instance
from termination_policy.policy import Policy, read_policy
from termination_policy.stores import find
from termination_policy.stores.store import Store
from termination_policy.strategy import Desk

if TYPE_CHECKING:
    from types_boto3_autoscaling import AutoScalingClient

RESERVE = 10.0  # seconds of an invocation that are kept for writing


class Settings(NamedTuple):
    """What the environment says."""

    group: str
    policy: Policy
    store: Store
    seconds: float


def handler(event: Any, context: Any) -> dict[str, object]:
    """Write the verdict of one group.

    :param event: any; nothing in it counts
    :returns: group (its ARN), asked (how many instances), free (how many of them), expires
    :raises Doubt: a setting is wrong, the group is not there, time was too short; no verdict was
        written then, and the last one expires
    """
    settings = read_settings()
    clients = Clients(connect=3.0, read=20.0, attempts=4)
    began = time.time()  # what is found is as old as the first question
    arn, instances = _members(clients("autoscaling"), settings.group)
    left = context.get_remaining_time_in_millis() / 1000 - RESERVE
    desk = Desk(arn, Deadline(left), clients, time.time)
    free = [one.id for one in chosen(settings.policy, instances, desk)]
    expires = began + settings.seconds
    data = cached_result.encode(arn, free, began, settings.seconds)
    settings.store.write(clients(settings.store.service), arn, data, expires)
    answer = {"group": arn, "asked": len(instances), "free": len(free), "expires": expires}
    print(f"wrote a verdict: {answer}")
    return answer


def read_settings() -> Settings:
    """Read GROUP, COMPANION_POLICY, VERDICT_STORE and VERDICT_SECONDS. Raises Invalid."""
    group = os.environ.get("GROUP", "")
    if not group:
        raise Invalid("GROUP", "it is not set", "name the Auto Scaling group")
    policy = read_policy(os.environ.get("COMPANION_POLICY", ""), "COMPANION_POLICY")
    try:
        store = find(os.environ.get("VERDICT_STORE", ""))
    except ValueError:
        raise Invalid(
            "VERDICT_STORE", "it is no store", "write dynamodb://TABLE or s3://BUCKET/PREFIX"
        ) from None
    text = os.environ.get("VERDICT_SECONDS", "600")
    if not text.isdecimal() or not 1 <= int(text) <= cached_result.LONGEST:
        limit = f"write seconds, 1 to {cached_result.LONGEST}"
        raise Invalid("VERDICT_SECONDS", f"{text!r} is no time", limit)
    return Settings(group, policy, store, float(text))


def _members(client: AutoScalingClient, name: str) -> tuple[str, list[Instance]]:
    """The group's ARN and those of its instances that are in service and not protected."""
    groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not groups:
        raise Doubt(f"there is no Auto Scaling group {name!r}; set GROUP to its name")
    return groups[0]["AutoScalingGroupARN"], [
        # Its market is not told here; no strategy goes by it, and quotas are the asker's.
        Instance(one["InstanceId"], one["AvailabilityZone"], "")
        for one in groups[0].get("Instances", [])
        if one["LifecycleState"] == "InService" and not one.get("ProtectedFromScaleIn")
    ]
