"""The handler: return the instances that Auto Scaling may terminate, and never fail."""

from __future__ import annotations

import contextlib
import os
import time
from functools import lru_cache
from typing import Any

from surefoot.kit.clients import ClientOptions, Clients
from surefoot.kit.metrics import format_emf
from termination_policy.capacity import VARIABLE as UNITS
from termination_policy.capacity import read_units
from termination_policy.deadline import MAX_SECONDS, RESERVE_S, Deadline
from termination_policy.decide import Decision, Settings, decide
from termination_policy.errors import NotCertain, ValidationError
from termination_policy.event import Request, read_event
from termination_policy.policy import read_policy
from termination_policy.strategy import StrategyContext

ZONES = "OTHER_ZONES"
METRICS_NAMESPACE = "Surefoot/Termination"
# One attempt: Auto Scaling asks again by itself, and a backoff would outlast its patience.
CLIENT_OPTIONS = ClientOptions(
    user_agent="termination_policy", connect_timeout_s=0.5, read_timeout_s=1.2, max_attempts=1
)


def handler(event: Any, context: Any) -> dict[str, list[str]]:
    """Answer an EC2 Auto Scaling group: ``{"InstanceIDs": […]}``, fewer or none if in doubt.

    :param event: as in "Create a custom termination policy with Lambda", EC2 Auto Scaling User
        Guide; any other event is answered with no instances
    :returns: ids of instances of the event, never more than CapacityToTerminate asks for: in any
        zone and market, or with OTHER_ZONES in any market
    """
    request: Request | None = None
    decision = Decision([], 0)
    try:
        left = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
        deadline = Deadline(min(MAX_SECONDS, left))
        request = read_event(event)
        settings, clients = setup(*_variables())
        strategy_context = StrategyContext(request.group, deadline, clients, time.time)
        decision = decide(settings, request, strategy_context)
    except Exception as error:  # Auto Scaling needs an answer, whatever went wrong
        decision = Decision([], 0, error)
    _log_metrics(request, decision)
    return {"InstanceIDs": decision.ids}


def _variables() -> tuple[str, str, str]:
    variables = os.environ
    return variables.get("POLICY", ""), variables.get(UNITS, ""), variables.get(ZONES, "")


@lru_cache(maxsize=1)
def setup(policy: str, units: str, zones: str) -> tuple[Settings, Clients]:
    """Read the variables. Both results outlive an invocation. Raises ValidationError."""
    if zones not in ("", "yes", "no"):
        raise ValidationError(ZONES, f"{zones!r} is not possible", "write yes or no")
    settings = Settings(read_policy(policy), read_units(units), zones != "no")
    return settings, Clients(CLIENT_OPTIONS)


def warm_up() -> None:
    """Create the clients that the settings need: they take most of a cold start."""
    settings, clients = setup(*_variables())
    for service in settings.services:
        clients(service)


def _log_metrics(request: Request | None, decision: Decision) -> None:
    """Print one line, also a metric: Auto Scaling does not show this function's errors.

    Asked is in the group's units of capacity, Answered in instances.
    """
    asked, answered = request.asked if request else 0, len(decision.ids)
    failure = decision.failure or next(iter(request.invalid if request else ()), None)
    counts = {"Asked": asked, "Answered": answered, "Faults": int(failure is not None)}
    properties: dict[str, object] = {"policy": os.environ.get("POLICY", "")}
    if request:
        properties |= {"group": request.group, "cause": request.cause}
        properties |= {"instances": request.shown, "more": request.has_more}
        if request.invalid:
            properties["invalid"] = len(request.invalid)
    if failure is not None:
        properties["reason"] = _describe(failure)
    elif decision.left:
        properties["reason"] = "no other instance is known to be free"
    dimensions = {"FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")}
    values = {name: (float(count), "Count") for name, count in counts.items()}
    print(format_emf(METRICS_NAMESPACE, dimensions, values, properties))


def _describe(error: BaseException) -> str:
    """Return an error as one clause, for failed AWS calls with the remedy."""
    if isinstance(error, NotCertain):
        return str(error)
    if type(error).__module__.startswith("botocore"):
        from surefoot.kit.aws_errors import AwsError

        return str(AwsError.from_exception(error))
    return f"{type(error).__name__}: {error}"


# At the start, where it does not count against the deadline. An error here occurs again, and is
# reported, in the first invocation.
with contextlib.suppress(Exception):
    warm_up()
