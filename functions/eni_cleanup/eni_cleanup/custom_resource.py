"""One invocation's share of a request: all of it, or as much as there is time for.

A Delete does what it can and leaves the rest to CloudFormation: it must never make a stack
undeletable that would be deleted, if slowly, without this resource.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from surefoot import Budget, DeadlineExceeded
from surefoot.kit.aws_errors import AwsError
from surefoot.kit.resumable import Chain

from . import report
from .aws import AwsCaller, Dependencies, OutOfTime
from .cloudformation import FAILED, SUCCESS, CfnResult
from .detach import ForeignFunction, detach_functions, get_config
from .inventory import make_scope
from .progress import Progress, began_at, open_chain, read_progress
from .request import Request, parse
from .stack import (
    describe_refusal,
    find_removal,
    find_update_removal,
    is_being_deleted,
    is_cleaning_up,
    stack_status,
)
from .sweep import SweepProgress, sweep

# Of what is left of an invocation, these parts are kept back at most: for handing over, and then
# for answering when that fails.
MAX_RESERVE_FRACTION = 0.3
ANSWER_FRACTION = 0.4
# CloudFormation must have the answer before its own time is up.
MARGIN_FRACTION, MAX_MARGIN_S = 0.1, 60.0


def handle_request(
    event: Mapping[str, Any], context: Any, dependencies: Dependencies | None = None
) -> CfnResult | None:
    """Handle a request; return None when another invocation continues it.

    :raises UserError: the request is malformed
    :raises Exception: what AWS refuses permanently
    """
    # Parsed for a Create, too: at the Delete it would be too late to report what is wrong.
    dependencies, request = dependencies or Dependencies(), parse(event)
    if request.problem:
        return CfnResult(SUCCESS, f"left to CloudFormation: {request.problem}")
    chain = open_chain(event, dependencies.clock())
    progress = read_progress(chain)
    reserve_s = min(dependencies.config.reserve_s, Budget(context).seconds * MAX_RESERVE_FRACTION)
    margin_s = min(request.limit_s * MARGIN_FRACTION, MAX_MARGIN_S)
    began = began_at(request, chain)
    ends_at = began + request.limit_s - margin_s

    def left_s() -> float:
        return min(Budget(context, reserve_s).seconds, ends_at - dependencies.clock())

    caller = AwsCaller(dependencies, left_s, fresh=chain.invocation == 1)
    if request.kind != "Delete":
        return _check_functions(caller, request)
    try:
        return _delete_interfaces(caller, request, progress, dependencies.config.poll_s)
    except (OutOfTime, DeadlineExceeded):
        progress.last_error = caller.last_error
    # Don't start another invocation if there is only time to sleep.
    if dependencies.clock() + dependencies.config.poll_s >= ends_at:
        return CfnResult(FAILED, report.failure(progress, dependencies.clock() - began))
    problem = _continue_in_new_invocation(event, context, dependencies, chain, progress)
    if not problem:
        print(f"invocation {chain.invocation} ends; another one continues", file=sys.stderr)
        return None
    failure = report.failure(progress, dependencies.clock() - began)
    return CfnResult(FAILED, f"no invocation goes on: {problem}. {failure}")


def _check_functions(caller: AwsCaller, request: Request) -> CfnResult:
    """Fail a Create, or an Update, that names a function which is not there."""
    for function in request.new_functions:
        try:
            found = get_config(caller, function) is not None
        except ForeignFunction as error:
            return CfnResult(FAILED, str(error))
        if not found:
            return CfnResult(
                FAILED,
                f"there is no function {function} in account {caller.account()}: correct "
                "FunctionNames, and name the function in DependsOn",
            )
    if request.removes:
        return CfnResult(
            SUCCESS,
            "what this update removes is served once it is complete, by the Delete of the old id",
            replaces=True,
        )
    return CfnResult(SUCCESS, "there is nothing to do before the stack is deleted")


def _delete_interfaces(
    caller: AwsCaller, request: Request, progress: Progress, poll_s: float
) -> CfnResult:
    try:
        status = stack_status(caller, request.stack)
    except OutOfTime:
        raise
    except Exception as error:
        # Nothing was touched yet, and CloudFormation deletes the stack without this function, too.
        return CfnResult(SUCCESS, f"left to CloudFormation: {describe_refusal(error)}")
    if is_being_deleted(status):
        removal = find_removal(caller, request.stack)
    elif is_cleaning_up(status):
        removal = find_update_removal(caller, request.stack)
    else:
        return CfnResult(
            SUCCESS, f"the stack stays ({status}), so its functions do: nothing was touched"
        )
    detachment = detach_functions(
        caller, request.targets.functions, only=removal.why_kept, versions=True
    )
    for function, why in detachment.left.items():
        print(f"not detached: {function}: {why}", file=sys.stderr)
    where = make_scope(caller, request.targets, detachment.configs, detachment.names)
    swept = SweepProgress(users=progress.known_users())
    before = progress.deleted
    try:
        sweep(caller, where, poll_s, swept)
    finally:
        progress.keep_users(swept.users and swept.users.of(where.ours))
        if swept.scans:  # else what the invocation before saw is still the newest
            progress.deleted = before + swept.deleted
            progress.left_count = len(swept.left)
            progress.left = report.lines([*swept.left.values()], swept.refused)
    shared = [each for each in swept.kept if each.interface.config in where.ours]
    return CfnResult(
        SUCCESS,
        report.success(progress.deleted, shared, detachment.left),
        {"Deleted": str(progress.deleted), "Kept": str(len(shared))},
    )


def _continue_in_new_invocation(
    event: Mapping[str, Any],
    context: Any,
    dependencies: Dependencies,
    chain: Chain,
    progress: Progress,
) -> str:
    """Invoke the function again; return why that is not possible, an empty text if it is done."""
    reserve_s = Budget(context).seconds * ANSWER_FRACTION
    caller = AwsCaller(dependencies, lambda: Budget(context, reserve_s).seconds)
    client: Any = caller.client("lambda")

    def invoke() -> None:
        chain.invoke_next(client, context, event, vars(progress))

    try:
        caller.call("lambda", "lambda", invoke)
    except OutOfTime:
        return caller.last_error or "there was no time to start one"
    except Exception as error:
        return str(AwsError.from_exception(error, "lambda"))
    return ""
