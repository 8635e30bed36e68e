"""A second handler, on a schedule: ask what takes longer than Auto Scaling waits.

It writes the instances that it finds free as a result, which the strategy `cached` uses until it
expires.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from surefoot.kit.clients import ClientOptions, Clients
from termination_policy import cached_result
from termination_policy.deadline import Deadline
from termination_policy.decide import candidates
from termination_policy.errors import NotCertain, ValidationError
from termination_policy.event import Instance
from termination_policy.policy import Policy, read_policy
from termination_policy.stores import find
from termination_policy.stores.store import Store
from termination_policy.strategy import StrategyContext

if TYPE_CHECKING:
    from types_boto3_autoscaling import AutoScalingClient

RESERVE_S = 10.0  # of an invocation, kept for writing
CLIENT_OPTIONS = ClientOptions(user_agent="termination_policy", connect_timeout_s=3.0)


class Settings(NamedTuple):
    """What the environment says. `seconds` is how long a result is valid."""

    group: str
    policy: Policy
    store: Store
    seconds: float


def handler(event: Any, context: Any) -> dict[str, object]:
    """Write the cached result of one group.

    :param event: ignored
    :returns: group (its ARN), asked (how many instances), free (how many of them), expires
    :raises NotCertain: a setting is wrong, the group does not exist, or time was too short; no
        result was written then, and the last one expires
    """
    settings = read_settings()
    clients = Clients(CLIENT_OPTIONS)
    began = time.time()  # a result is as old as the first question
    arn, instances = _members(clients("autoscaling"), settings.group)
    left = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    strategy_context = StrategyContext(arn, Deadline(left), clients, time.time)
    free = [one.id for one in candidates(settings.policy, instances, strategy_context)]
    expires = began + settings.seconds
    data = cached_result.encode(arn, free, began, settings.seconds)
    settings.store.write(clients(settings.store.service), arn, data, expires)
    answer = {"group": arn, "asked": len(instances), "free": len(free), "expires": expires}
    print(f"wrote a cached result: {answer}")
    return answer


def read_settings() -> Settings:
    """Read GROUP, SCAN_POLICY, RESULT_STORE and RESULT_MAX_AGE_S. Raises ValidationError."""
    group = os.environ.get("GROUP", "")
    if not group:
        raise ValidationError("GROUP", "it is not set", "set it to the Auto Scaling group's name")
    policy = read_policy(os.environ.get("SCAN_POLICY", ""), "SCAN_POLICY")
    try:
        store = find(os.environ.get("RESULT_STORE", ""))
    except ValueError:
        raise ValidationError(
            "RESULT_STORE", "it is not a store", "write dynamodb://TABLE or s3://BUCKET/PREFIX"
        ) from None
    text = os.environ.get("RESULT_MAX_AGE_S", "600")
    if not text.isdecimal() or not 1 <= int(text) <= cached_result.MAX_AGE_S:
        limit = f"write seconds, 1 to {cached_result.MAX_AGE_S}"
        raise ValidationError("RESULT_MAX_AGE_S", f"{text!r} is not a time", limit)
    return Settings(group, policy, store, float(text))


def _members(client: AutoScalingClient, name: str) -> tuple[str, list[Instance]]:
    """Return the group's ARN, and its instances that are in service and not protected."""
    groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not groups:
        raise NotCertain(f"there is no Auto Scaling group {name!r}", "set GROUP to its name")
    return groups[0]["AutoScalingGroupARN"], [
        # The market is not known here; no strategy needs it, and quotas come with the event.
        Instance(one["InstanceId"], one["AvailabilityZone"], "")
        for one in groups[0].get("Instances", [])
        if one["LifecycleState"] == "InService" and not one.get("ProtectedFromScaleIn")
    ]
