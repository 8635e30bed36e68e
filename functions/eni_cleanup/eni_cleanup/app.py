"""The handler. Imports only the standard library and ``cloudformation`` at the top.

Everything else is imported inside the invocation, so that an import error can still be reported to
CloudFormation. A module that fails while Lambda loads the function would leave the stack waiting
for an hour.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from . import cloudformation

if TYPE_CHECKING:
    from .aws import Dependencies


def handler(event: Any, context: Any) -> Any:
    """Handle CloudFormation's request, a continuation of one, or a direct order.

    :returns: the response to CloudFormation, or the result of a direct order (see ``direct``)
    :raises cloudformation.ResponseNotDelivered: no response was accepted; Lambda then retries
        the event
    :raises cloudformation.ResponseUrlRefused: the answer would not go to S3; nothing was done
    :raises ValueError: a direct order is malformed
    """
    return handle(event, context)


def handle(event: Any, context: Any, dependencies: Dependencies | None = None) -> Any:
    """Do what ``handler`` does; tests replace its `dependencies`."""
    if isinstance(event, dict) and "ResponseURL" in event:
        return _serve(event, context, dependencies)
    from . import direct

    return direct.run_order(event, context, dependencies)


def _serve(
    event: dict[str, Any], context: Any, dependencies: Dependencies | None
) -> dict[str, str]:
    cloudformation.check_response_url(event)
    try:
        result = _decide(event, context, dependencies)
    # SystemExit, too: whatever a broken package raises, the stack waits for a response.
    except BaseException as error:
        result = cloudformation.make_failure(error)
    if result is None:
        return {"status": "HANDED_OVER"}
    deliver = cloudformation.deliver if dependencies is None else dependencies.deliver
    deliver(event, result, context)
    # Only now: whatever fails here must not send a second, different response.
    print(
        f"answered {result.status} to the {event.get('RequestType')} of "
        f"{event.get('LogicalResourceId')}: {result.reason or 'nothing to say'}",
        file=sys.stderr,
    )
    print(_format_metric(result, context))
    return {"status": result.status, "reason": result.reason}


def _decide(
    event: dict[str, Any], context: Any, dependencies: Dependencies | None
) -> cloudformation.CfnResult | None:
    if cloudformation.deletes_failed_create(event):
        return cloudformation.CfnResult(
            cloudformation.SUCCESS, "it was never created, so there is nothing to do"
        )
    from . import custom_resource

    return custom_resource.handle_request(event, context, dependencies)


def _format_metric(result: cloudformation.CfnResult, context: Any) -> str:
    from surefoot.kit.metrics import format_emf

    failed = float(result.status == cloudformation.FAILED)
    name = str(context.function_name)
    return format_emf("surefoot/eni-cleanup", {"FunctionName": name}, {"Failed": (failed, "Count")})
