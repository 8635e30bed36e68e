"""The steps of a deployment: synth, diff, deploy, prepare, execute and poll."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdk_deploy import assembly, aws, change_set, cluster_check, stack
from cdk_deploy.errors import (
    ApprovalNeeded,
    CommandFailed,
    DeploymentFailed,
    OutOfTime,
    RequestError,
)
from cdk_deploy.job import Job
from cdk_deploy.program import ProcessResult

MAX_EVENTS = 200  # in an answer, the newest ones
_DIFFERENT = re.compile(r"Number of stacks with differences: (\d+)")
_TAIL_LINES = 5
_TAIL_CHARACTERS = 1000


@dataclass(frozen=True)
class Result:
    """What a step adds to the answer, and how to go on: the next event and its state, if any."""

    members: Mapping[str, Any] = field(default_factory=dict)
    following: Mapping[str, Any] | None = None
    state: Any = None


def synth(job: Job) -> Result:
    """Return the stack's template. Changes nothing."""
    result, space = job.run_cdk()
    _check_exit(job, result)
    return Result({"template": assembly.template(space.out, job.request.stack)})


def diff(job: Job) -> Result:
    """Return what the CDK prints of the differences, and whether there are any."""
    result, _ = job.run_cdk()
    _check_exit(job, result)
    text = "\n".join(result.lines)
    found = _DIFFERENT.search(text)
    if found is None:
        raise CommandFailed(
            "the CDK did not say how many stacks differ", "use the version that package.json pins"
        )
    text = text.strip()
    if result.dropped:
        text = f"… {result.dropped} earlier lines are in the log\n{text}"
    return Result({"changed": found[1] != "0", "diff": text})


def deploy(job: Job) -> Result:
    """Deploy. If time runs out, go on with poll: CloudFormation does not stop with the CDK.

    Raises DeploymentFailed with the resource that failed; CommandFailed and OutOfTime if
    CloudFormation never began.
    """
    client, name = job.cloudformation, job.request.stack
    result, space = job.run_cdk(step="synth")
    _check_exit(job, result)
    assembly.check_name(space.out, name)
    _check_template(job, space.out)
    before = stack.newest(client, name)
    result, space = job.run_cdk(assembly=space.out)
    # The status first: the events that led to it are then among those read after it.
    status = stack.read_status(client, name)
    events = stack.operation(client, name, before)
    if not events:
        _check_exit(job, result)
    changed = {"changed": bool(events)}
    if status.in_progress:
        seen = events[-1].id if events else ""
        return _poll_later(job, status, events, seen=seen, members=changed)
    if not events and status.is_stable:
        # Nothing to deploy; a rollback was that of an earlier deployment.
        return Result({**_describe(status, events), "outputs": dict(status.outputs), **changed})
    return _complete(name, status, events, members=changed)


def prepare(job: Job) -> Result:
    """Create a change set and return its changes; execute is next."""
    name, client = job.request.stack, job.cloudformation
    change_set_name = change_set.name_for(name, job.request.context)
    status = stack.read_status(client, name)
    if status.in_progress and change_set.is_being_executed(
        change_set.find(client, name, change_set_name)
    ):
        job.log(f"the change set {change_set_name} is being executed; poll follows it")
        return Result({"changed": True}, {"step": "poll", "stack": name}, {})
    _check_can_prepare(name, status)
    result, space = job.run_cdk(change_set_name)
    _check_exit(job, result)
    assembly.check_name(space.out, name)
    _check_template(job, space.out)
    created = change_set.find(job.cloudformation, name, change_set_name)
    if created is None or created.execution != "AVAILABLE":
        # Neither the CDK nor CloudFormation saw a change.
        return Result({"changed": False})
    following = {"step": "execute", "stack": name, "change_set": created.name}
    members = {"changed": True, "changes": created.changes}
    if created.losses:
        if job.continues_itself:
            raise ApprovalNeeded(
                f"the change set {created.name} of {name} would remove or replace "
                f"{', '.join(created.losses)}",
                'if that is right, send {"step": "execute", "stack": '
                f'"{name}", "change_set": "{created.name}"}}',
            )
        members["losses"] = created.losses
    return Result(members, following, {"approved": created.digest})


def _check_template(job: Job, out: Path) -> None:
    if job.config.instance_order == "check":
        cluster_check.check(assembly.template(out, job.request.stack))


def _check_can_prepare(name: str, status: stack.Status) -> None:
    """Raise DeploymentFailed if the CDK would delete the stack, or could not change it."""
    if status.name in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise DeploymentFailed(
            f"{name} is {status.name}, and the CDK would delete it",
            "delete it yourself, or use the step deploy, which creates it again",
        )
    if status.in_progress:
        raise DeploymentFailed(
            f"{name} is {status.name}", "wait until that has ended; the step poll follows it"
        )
    if status.name.endswith("_FAILED"):
        raise DeploymentFailed(
            f"{name} is {status.name} and cannot be updated",
            "bring it back first: continue the rollback of an update, or delete the stack again",
        )


def execute(job: Job) -> Result:
    """Begin to execute a change set; poll is next. The second time it does nothing."""
    client, request = job.cloudformation, job.request
    deployer = aws.deploy_role_client(job.config, job.context.aws_request_id)
    before = stack.newest(client, request.stack)
    approved = (job.chain.state or {}).get("approved", "")
    if change_set.execute(client, deployer, request.stack, request.change_set, approved):
        job.log(f"CloudFormation executes the change set {request.change_set}")
        state = {"before": before, "seen": ""}
    else:
        job.log(f"the change set {request.change_set} was executed before; poll follows it")
        state = {"before": "", "seen": ""}
    return Result({}, {"step": "poll", "stack": request.stack}, state)


def rollback(job: Job) -> Result:
    """Bring a stack back to its last stable state after a failure, or out of an update; poll next.

    Source: RollbackStack and CancelUpdateStack, AWS CloudFormation API Reference.
    """
    name = job.request.stack
    status = stack.read_status(job.cloudformation, name)
    calls = {
        "UPDATE_IN_PROGRESS": "cancel_update_stack",
        "CREATE_FAILED": "rollback_stack",
        "UPDATE_FAILED": "rollback_stack",
    }
    if status.name not in calls:
        raise RequestError(
            f"{name} is {status.name or 'not there'}, from which there is no rollback",
            "use resume" if status.name == "UPDATE_ROLLBACK_FAILED" else "see poll",
        )
    return _roll_back(job, calls[status.name], {})


def resume(job: Job) -> Result:
    """Go on with the rollback of an update that failed; poll is next.

    Source: ContinueUpdateRollback, AWS CloudFormation API Reference.
    """
    name = job.request.stack
    status = stack.read_status(job.cloudformation, name)
    if status.name != "UPDATE_ROLLBACK_FAILED":
        raise RequestError(
            f"{name} is {status.name or 'not there'}, not UPDATE_ROLLBACK_FAILED",
            "there is nothing to resume; see poll",
        )
    skip = {"ResourcesToSkip": [*job.request.skip]} if job.request.skip else {}
    return _roll_back(job, "continue_update_rollback", skip)


def _roll_back(job: Job, call: str, arguments: Mapping[str, Any]) -> Result:
    name, request_id = job.request.stack, job.context.aws_request_id
    deployer = aws.deploy_role_client(job.config, request_id)
    before = stack.newest(job.cloudformation, name)
    # Lambda's retry has the same request id, and begins nothing twice.
    token = f"surefoot-{request_id}"[:128]
    getattr(deployer, call)(StackName=name, ClientRequestToken=token, **arguments)
    job.log(f"CloudFormation rolls {name} back")
    # An update that is cancelled goes on: its events have begun before.
    state = {"before": "" if call == "cancel_update_stack" else before, "rolled_back": True}
    return Result({}, {"step": "poll", "stack": name}, state)


def poll(job: Job) -> Result:
    """Follow the stack's operation until it ends or the time is up, and log its events.

    Its state is ``before``, the newest event from before the operation, and ``seen``, the newest
    event that was logged. Raises DeploymentFailed with the resource that failed.
    """
    request, client = job.request, job.cloudformation
    state = job.chain.state or {}
    before, seen = state.get("before", ""), state.get("seen", "")
    rolled_back = bool(state.get("rolled_back"))
    until = time.monotonic() + request.wait_s
    while True:
        # The status first: the events that led to it are then among those read after it.
        status = stack.read_status(client, request.stack)
        if not status.name:
            raise RequestError(f"there is no stack {request.stack}", "deploy it first")
        events = stack.operation(client, request.stack, before, rolled_back=rolled_back)
        seen = _log_events(job, events, seen)
        # CloudFormation takes a moment to begin with what it has accepted.
        not_begun = bool(before) and not events
        if not (status.in_progress or not_begun):
            return _complete(request.stack, status, events, rolled_back=rolled_back)
        if min(job.seconds, until - time.monotonic()) < job.config.poll_s:
            return _poll_later(
                job,
                status,
                events,
                before=before if not_begun else "",
                seen=seen,
                rolled_back=rolled_back,
            )
        time.sleep(job.config.poll_s)


def _poll_later(
    job: Job,
    status: stack.Status,
    events: Sequence[stack.Event],
    *,
    before: str = "",
    seen: str = "",
    members: Mapping[str, Any] | None = None,
    rolled_back: bool = False,
) -> Result:
    """Return the result for an operation in progress."""
    name = job.request.stack
    job.log(f"{name} is {status.name}: CloudFormation goes on without this invocation")
    return Result(
        {**_describe(status, events), **(members or {})},
        {"step": "poll", "stack": name},
        {"before": before, "seen": seen, **({"rolled_back": True} if rolled_back else {})},
    )


def _complete(
    name: str,
    status: stack.Status,
    events: Sequence[stack.Event],
    *,
    members: Mapping[str, Any] | None = None,
    rolled_back: bool = False,
) -> Result:
    """Return the result for an operation that has ended. Raises DeploymentFailed if it failed.

    :param rolled_back: whether the operation was to roll back
    """
    if not status.succeeded and not (rolled_back and status.is_rolled_back):
        why = stack.find_cause(events)
        raise DeploymentFailed(
            f"{name} is {status.name or 'gone'}" + (f": {why}" if why else ""),
            "correct that and deploy again",
        )
    outputs = {"outputs": dict(status.outputs)}
    return Result({**_describe(status, events), **outputs, **(members or {})})


def _describe(status: stack.Status, events: Sequence[stack.Event]) -> dict[str, Any]:
    return {"status": status.name, "events": [event.as_json() for event in events[-MAX_EVENTS:]]}


def _log_events(job: Job, events: Sequence[stack.Event], seen: str) -> str:
    """Log the events after the one with the id `seen`, or all of them if it is not there."""
    ids = [event.id for event in events]
    start = ids.index(seen) + 1 if seen in ids else 0
    for event in events[start:]:
        job.log(f"{event.time} {event}")
    return ids[-1] if ids else seen


def _check_exit(job: Job, result: ProcessResult) -> None:
    """Raise OutOfTime or CommandFailed for a command that did not succeed."""
    if result.timed_out:
        raise OutOfTime(
            f"the CDK's {job.request.step} took too long and was ended before CloudFormation began",
            "give the function a longer timeout, or more memory, which makes it faster",
        )
    if result.status:
        # Node's stack traces come after the message, and would push it out.
        words = [line for line in result.lines if line and not line.startswith("    at ")]
        last = words[-_TAIL_LINES:]
        raise CommandFailed(
            f"cdk {job.request.step} ended with status {result.status}: "
            + "\n".join(last)[-_TAIL_CHARACTERS:],
            "the whole output is in the log",
        )
