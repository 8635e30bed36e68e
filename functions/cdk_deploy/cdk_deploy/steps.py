"""The steps without the CDK, for what takes longer than an invocation: execute and poll."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from cdk_deploy import aws, change_set, stack
from cdk_deploy.errors import DeploymentFailed, RequestError
from cdk_deploy.job import Job

MAX_EVENTS = 200  # in an answer, the newest ones


def execute(job: Job) -> dict[str, Any]:
    """Begin to execute a change set and answer with what to poll. A second time does nothing."""
    client, request = job.cloudformation, job.request
    deployer = aws.deployer(job.config, job.context.aws_request_id)
    following = {"step": "poll", "stack": request.stack}
    before = stack.newest(client, request.stack)
    if change_set.execute(client, deployer, request.stack, request.change_set):
        job.tell(f"CloudFormation executes the change set {request.change_set}")
        following["before"] = before
    else:
        job.tell(f"the change set {request.change_set} was executed before; its course is followed")
    return {"done": False, "next": following}


def poll(job: Job) -> dict[str, Any]:
    """Follow the stack's operation to its end, or to that of the time, logging its events.

    Raises DeploymentFailed with the failing resource.
    """
    request = job.request
    seen = request.seen
    until = time.monotonic() + request.wait_s
    while True:
        # The state first: what led to it is then among the events.
        state = stack.look(job.cloudformation, request.stack)
        if not state.status:
            raise RequestError(f"there is no stack {request.stack}", "deploy it first")
        events = stack.operation(job.cloudformation, request.stack, request.before)
        seen = _log(job, events, seen)
        # CloudFormation takes a moment to begin with what it has accepted.
        awaited = bool(request.before) and not events
        if not (state.under_way or awaited):
            return finished(request.stack, state, events)
        if min(job.seconds, until - time.monotonic()) < job.config.poll_s:
            before = request.before if awaited else ""
            return unfinished(job, request.stack, state, events, before=before, seen=seen)
        time.sleep(job.config.poll_s)


def unfinished(
    job: Job,
    name: str,
    state: stack.State,
    events: Sequence[stack.Event],
    *,
    before: str = "",
    seen: str = "",
) -> dict[str, Any]:
    """Return the answer for a stack under way: `next` is the event that follows it further."""
    job.tell(f"{name} is {state.status}: CloudFormation goes on without this invocation")
    following = {"step": "poll", "stack": name, "before": before, "seen": seen}
    known = {member: value for member, value in following.items() if value}
    return {"done": False, **_shown(state, events), "next": known}


def finished(name: str, state: stack.State, events: Sequence[stack.Event]) -> dict[str, Any]:
    """Return the answer for a stack that is as it was asked to be.

    Raises DeploymentFailed for any other.
    """
    if not state.reached:
        why = stack.cause(events)
        raise DeploymentFailed(
            f"{name} is {state.status or 'gone'}" + (f": {why}" if why else ""),
            "correct that and deploy again",
        )
    return {"done": True, **_shown(state, events), "outputs": dict(state.outputs)}


def _shown(state: stack.State, events: Sequence[stack.Event]) -> dict[str, Any]:
    return {"status": state.status, "events": [event.as_json() for event in events[-MAX_EVENTS:]]}


def _log(job: Job, events: Sequence[stack.Event], seen: str) -> str:
    """Log the events after the one with the id `seen`, all of them where it is not there."""
    ids = [event.id for event in events]
    start = ids.index(seen) + 1 if seen in ids else 0
    for event in events[start:]:
        job.tell(f"{event.time} {event}")
    return ids[-1] if ids else seen
