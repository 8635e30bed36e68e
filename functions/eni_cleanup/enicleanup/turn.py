"""One invocation's share of a request: all of it, or as much as there is time for."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import Any

from surefoot import Budget, DeadlineExceeded
from surefoot.kit.aws_errors import AwsError
from surefoot.kit.self_invoke import invoke_self_async

from . import detach, report, stack, state
from .answer import FAILED, SUCCESS, Verdict
from .calls import Calls, OutOfTime
from .look import scope
from .outside import Outside
from .request import Request, parse
from .state import State
from .sweep import Swept, sweep

# Of what is left of an invocation, these parts are kept back at most: for handing over, and then
# for answering when that fails.
LARGEST_RESERVE = 0.3
ANSWER_PART = 0.4
# CloudFormation must have the answer before its own time is up.
MARGIN_PART, LONGEST_MARGIN_S = 0.1, 60.0


def take(event: Mapping[str, Any], context: Any, outside: Outside | None = None) -> Verdict | None:
    """Work on a request until it is decided; None when another invocation goes on with it.

    :raises ValueError: the request makes no sense
    :raises Exception: what AWS refuses for good
    """
    # Both are read for a Create, too: at the Delete it would be late to hear what is wrong in them.
    outside, request = outside or Outside(), parse(event)
    if request.kind != "Delete":
        return Verdict(SUCCESS, "there is nothing to do before the stack is deleted")
    progress = _progress(event, request, outside)
    reserve_s = min(outside.config.reserve_s, Budget(context).seconds * LARGEST_RESERVE)
    margin_s = min(request.limit_s * MARGIN_PART, LONGEST_MARGIN_S)
    ends_at = progress.began + request.limit_s - margin_s

    def left_s() -> float:
        return min(Budget(context, reserve_s).seconds, ends_at - outside.clock())

    calls = Calls(outside, left_s, fresh=progress.turn == 1)
    try:
        return _work(calls, request, progress, outside.config.poll_s)
    except (OutOfTime, DeadlineExceeded):
        progress.trouble = calls.trouble
    # A turn that could do no more than rest once is not worth an invocation.
    if outside.clock() + outside.config.poll_s >= ends_at:
        return Verdict(FAILED, report.failure(progress, outside.clock()))
    return _hand_over(event, context, outside, progress)


def _progress(event: Mapping[str, Any], request: Request, outside: Outside) -> State:
    if state.KEY in event:
        return state.resume(event[state.KEY])
    return state.begin(request.sent_at, outside.clock())


def _work(calls: Calls, request: Request, progress: State, poll_s: float) -> Verdict:
    status = stack.status(calls, request.stack)
    if not stack.is_going(status):
        return Verdict(
            SUCCESS, f"the stack stays ({status}), so its functions do: nothing was touched"
        )
    had = detach.functions(calls, request.targets.functions)
    where = scope(calls, request.targets, had)
    swept = Swept()
    before = progress.deleted
    try:
        sweep(calls, where, poll_s, swept)
    finally:
        if swept.looks:  # else what the turn before saw is still the newest
            progress.deleted = before + swept.deleted
            progress.left_count = len(swept.left)
            progress.left = report.lines([*swept.left.values()], swept.refused)
    shared = [each for each in swept.kept if each.interface.pair in where.ours]
    return Verdict(
        SUCCESS,
        report.success(progress.deleted, shared),
        {"Deleted": str(progress.deleted), "Kept": str(len(shared))},
    )


def _hand_over(
    event: Mapping[str, Any], context: Any, outside: Outside, progress: State
) -> Verdict | None:
    reserve_s = Budget(context).seconds * ANSWER_PART
    calls = Calls(outside, lambda: Budget(context, reserve_s).seconds)
    following = {**event, state.KEY: progress.as_json()}
    client: Any = calls.client("lambda")
    invoke = functools.partial(invoke_self_async, client, context, following)
    try:
        calls.make("lambda", "lambda", invoke)
    except OutOfTime:
        trouble = calls.trouble or "there was no time to start one"
    except Exception as error:
        trouble = str(AwsError.from_exception(error, "lambda"))
    else:
        print(f"turn {progress.turn} is over; another invocation goes on", file=sys.stderr)
        return None
    return Verdict(
        FAILED, f"no invocation goes on: {trouble}. {report.failure(progress, outside.clock())}"
    )
