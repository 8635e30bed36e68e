"""The handler: what Auto Scaling asks in, ids that may go out, and never an error."""

from __future__ import annotations

import contextlib
import os
import time
from functools import lru_cache
from typing import Any

from surefoot.kit.metrics import format_emf
from termination_policy.aws import Clients
from termination_policy.deadline import LIMIT, RESERVE, Deadline
from termination_policy.decide import decide
from termination_policy.event import Request, read_event
from termination_policy.policy import Policy, read_policy
from termination_policy.reason import reason
from termination_policy.strategy import Desk

NAMESPACE = "Surefoot/Termination"


def handler(event: Any, context: Any) -> dict[str, list[str]]:
    """Answer an EC2 Auto Scaling group: ``{"InstanceIDs": […]}``, fewer or none where in doubt.

    :param event: as in "Create a custom termination policy with Lambda", EC2 Auto Scaling User
        Guide; one that differs is answered with none
    :returns: ids of instances of the event, never more than CapacityToTerminate asks for in any
        zone and market
    """
    request: Request | None = None
    ids: list[str] = []
    failure: BaseException | None = None
    try:
        left = context.get_remaining_time_in_millis() / 1000 - RESERVE
        deadline = Deadline(min(LIMIT, left))
        request = read_event(event)
        policy, clients = setup(os.environ.get("POLICY", ""))
        desk = Desk(request.group, deadline, clients, time.time)
        ids, failure = decide(policy, request, desk)
    except Exception as error:  # an answer is owed, whatever went wrong
        failure = error
    _tell(request, len(ids), failure)
    return {"InstanceIDs": ids}


@lru_cache(maxsize=1)
def setup(text: str) -> tuple[Policy, Clients]:
    """Read POLICY. Both results outlive an invocation. Raises Invalid."""
    return read_policy(text), Clients()


def warm_up() -> None:
    """Make the clients that POLICY needs: most of a cold start that asks AWS goes by on that."""
    policy, clients = setup(os.environ.get("POLICY", ""))
    for service in policy.services:
        clients(service)


def _tell(request: Request | None, answered: int, failure: BaseException | None) -> None:
    """One line of the log, which is a metric as well: nobody sees an error of this function."""
    asked = request.asked if request else 0
    counts = {"Asked": asked, "Answered": answered, "Faults": int(failure is not None)}
    properties: dict[str, object] = {"policy": os.environ.get("POLICY", "")}
    if request:
        properties |= {"group": request.group, "cause": request.cause}
        properties |= {"instances": request.shown, "more": request.has_more}
    if failure is not None:
        properties["reason"] = reason(failure)
    elif answered < asked:
        properties["reason"] = "no other instance is known to be free"
    dimensions = {"FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local")}
    values = {name: (float(count), "Count") for name, count in counts.items()}
    print(format_emf(NAMESPACE, dimensions, values, properties))


# While the function starts, not within its deadline. What fails here is told when it fails again.
with contextlib.suppress(Exception):
    warm_up()
