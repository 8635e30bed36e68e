"""The handler: return the instances that Auto Scaling may terminate, and never fail."""

from __future__ import annotations

import contextlib
import os
import time
from functools import lru_cache
from typing import Any

from surefoot.kit.clients import ClientOptions, Clients
from surefoot.kit.metrics import format_emf
from termination_policy.deadline import MAX_SECONDS, RESERVE_S, Deadline
from termination_policy.decide import decide
from termination_policy.errors import NotCertain
from termination_policy.event import Request, read_event
from termination_policy.policy import Policy, read_policy
from termination_policy.strategy import StrategyContext

METRICS_NAMESPACE = "Surefoot/Termination"
# One attempt: Auto Scaling asks again by itself, and a backoff would outlast its patience.
CLIENT_OPTIONS = ClientOptions(
    user_agent="termination_policy", connect_timeout_s=0.5, read_timeout_s=1.2, max_attempts=1
)


def handler(event: Any, context: Any) -> dict[str, list[str]]:
    """Answer an EC2 Auto Scaling group: ``{"InstanceIDs": […]}``, fewer or none if in doubt.

    :param event: as in "Create a custom termination policy with Lambda", EC2 Auto Scaling User
        Guide; any other event is answered with no instances
    :returns: ids of instances of the event, never more than CapacityToTerminate asks for in any
        zone and market
    """
    request: Request | None = None
    ids: list[str] = []
    failure: BaseException | None = None
    try:
        left = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
        deadline = Deadline(min(MAX_SECONDS, left))
        request = read_event(event)
        policy, clients = setup(os.environ.get("POLICY", ""))
        strategy_context = StrategyContext(request.group, deadline, clients, time.time)
        ids, failure = decide(policy, request, strategy_context)
    except Exception as error:  # Auto Scaling needs an answer, whatever went wrong
        failure = error
    _log_metrics(request, len(ids), failure)
    return {"InstanceIDs": ids}


@lru_cache(maxsize=1)
def setup(text: str) -> tuple[Policy, Clients]:
    """Read POLICY. Both results outlive an invocation. Raises ValidationError."""
    return read_policy(text), Clients(CLIENT_OPTIONS)


def warm_up() -> None:
    """Create the clients that POLICY needs: they take most of a cold start that calls AWS."""
    policy, clients = setup(os.environ.get("POLICY", ""))
    for service in policy.services:
        clients(service)


def _log_metrics(request: Request | None, answered: int, failure: BaseException | None) -> None:
    """Print one line, also a metric: Auto Scaling does not show this function's errors."""
    asked = request.asked if request else 0
    counts = {"Asked": asked, "Answered": answered, "Faults": int(failure is not None)}
    properties: dict[str, object] = {"policy": os.environ.get("POLICY", "")}
    if request:
        properties |= {"group": request.group, "cause": request.cause}
        properties |= {"instances": request.shown, "more": request.has_more}
    if failure is not None:
        properties["reason"] = _describe(failure)
    elif answered < asked:
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
