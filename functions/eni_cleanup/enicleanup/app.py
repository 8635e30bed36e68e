"""The handler. It imports the standard library and ``answer`` only, and both of those hold.

Everything else is imported inside the invocation, so that a broken package, too, is something
CloudFormation hears of. A module that fails while Lambda loads the function would answer nobody,
and the stack would wait for an hour.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import answer

if TYPE_CHECKING:
    from .outside import Outside


def handler(event: Any, context: Any) -> Any:
    """Serve a request of CloudFormation, a continuation of one, or an order given by hand.

    :returns: what was answered, or the result of an order given by hand (see ``byhand``)
    :raises answer.Undelivered: CloudFormation could not be told; Lambda then repeats the event
    :raises ValueError: an order given by hand makes no sense
    """
    return handle(event, context)


def handle(event: Any, context: Any, outside: Outside | None = None) -> Any:
    """Do what ``handler`` does, with another world than the real one when `outside` is given."""
    if isinstance(event, dict) and "ResponseURL" in event:
        return _serve(event, context, outside)
    from . import byhand

    return byhand.run(event, context, outside)


def _serve(event: dict[str, Any], context: Any, outside: Outside | None) -> dict[str, str]:
    try:
        verdict = _verdict(event, context, outside)
    # SystemExit, too: whatever a broken package raises, the stack waits for an answer.
    except BaseException as error:
        verdict = answer.failure(error)
    if verdict is None:
        return {"status": "HANDED_OVER"}
    deliver = answer.deliver if outside is None else outside.deliver
    deliver(event, verdict, context)
    # Only now: whatever fails here must not send a second, different answer.
    print(
        f"answered {verdict.status} to the {event.get('RequestType')} of "
        f"{event.get('LogicalResourceId')}: {verdict.reason or 'nothing to say'}",
        file=sys.stderr,
    )
    print(_metric(verdict, context))
    return {"status": verdict.status, "reason": verdict.reason}


def _verdict(event: dict[str, Any], context: Any, outside: Outside | None) -> answer.Verdict | None:
    if answer.is_of_failed_create(event):
        return answer.Verdict(answer.SUCCESS, "it was never created, so there is nothing to do")
    from . import turn

    return turn.take(event, context, outside)


def _metric(verdict: answer.Verdict, context: Any) -> str:
    from surefoot.kit.metrics import format_emf

    failed = float(verdict.status == answer.FAILED)
    name = str(context.function_name)
    return format_emf("surefoot/eni-cleanup", {"FunctionName": name}, {"Failed": (failed, "Count")})
