"""The steps that run `cdk deploy`: deploy to the end, prepare to the change set."""

from __future__ import annotations

from typing import Any

from cdk_deploy import assembly, change_set, stack, synthesis
from cdk_deploy.job import Job
from cdk_deploy.steps import finished, unfinished


def deploy(job: Job) -> dict[str, Any]:
    """Deploy; where time runs out first, answer with what to poll: CloudFormation goes on.

    Raises DeploymentFailed with the failing resource; CommandFailed and OutOfTime where
    CloudFormation never began.
    """
    client, name = job.cloudformation, job.request.stack
    before = stack.newest(client, name)
    ran, space = job.run_cdk()
    if ran.status == 0:
        assembly.check_name(space.out, name)
    # The state first: what led to it is then among the events.
    state = stack.look(client, name)
    events = stack.operation(client, name, before)
    if not events:
        synthesis.check(job, ran)
    if state.under_way:
        seen = events[-1].id if events else ""
        return {**unfinished(job, name, state, events, seen=seen), "changed": bool(events)}
    return {**finished(name, state, events), "changed": bool(events)}


def prepare(job: Job) -> dict[str, Any]:
    """Make a change set and answer with what it would do; `next` executes it."""
    asked = change_set.name_for(job.context.aws_request_id)
    ran, space = job.run_cdk(asked)
    synthesis.check(job, ran)
    name = job.request.stack
    assembly.check_name(space.out, name)
    made = change_set.find(job.cloudformation, name, asked)
    if made is None or made.execution != "AVAILABLE":  # the CDK saw no change, or CloudFormation
        return {"done": True, "changed": False}
    following = {"step": "execute", "stack": name, "change_set": made.name}
    return {"done": False, "changed": True, "changes": made.changes, "next": following}
