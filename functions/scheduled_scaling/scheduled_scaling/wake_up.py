"""Invoke the function again at a time: a one-time schedule of EventBridge Scheduler.

It costs nothing while it waits, and deletes itself. Source: CreateSchedule, Amazon EventBridge
Scheduler API Reference.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import ValidationError
from scheduled_scaling.settings import Settings


def check(settings: Settings) -> None:
    """Raise ValidationError if nothing could wake the function up."""
    if not settings.wake_role:
        raise ValidationError(
            "SCALING_WAKE_ROLE",
            "it is empty, and a step that is kept back must be begun later",
            "name the role with which EventBridge Scheduler invokes this function, or set "
            "SCALING_CONTINUE_BY to return or durable",
        )


def schedule(
    aws: AwsClients, settings: Settings, function_arn: str, event: Mapping[str, Any], at: float
) -> None:
    """Schedule an invocation. The same one is scheduled once, however often it is asked for.

    :param at: seconds since the epoch
    :raises ValidationError: there is no role for it
    """
    check(settings)
    moment = dt.datetime.fromtimestamp(math.ceil(at), dt.timezone.utc)
    text = json.dumps(event, sort_keys=True)
    digest = hashlib.sha256(f"{function_arn} {text} {moment}".encode()).hexdigest()
    client = aws.client("scheduler")
    try:
        client.create_schedule(
            Name=f"surefoot-{digest[:40]}",
            ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            ClientToken=digest,
            Target={"Arn": function_arn, "RoleArn": settings.wake_role, "Input": text},
        )
    except client.exceptions.ConflictException:
        return  # a retry of the invocation that scheduled it
