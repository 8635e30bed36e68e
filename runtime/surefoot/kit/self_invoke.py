"""A function that goes on in another invocation of itself.

Source: "Lambda recursive loop detection", AWS Lambda Developer Guide: a chain of more than about 16
invocations is stopped unless the function's RecursiveLoop setting is Allow.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_EVENT_BYTES = 1024 * 1024  # of an asynchronous invocation
_ACCEPTED = 202


def invoke_again(client: Any, context: Any, event: Mapping[str, Any]) -> None:
    """Hand `event` to a new, asynchronous invocation of the function that `context` is of.

    `client` is boto3's Lambda client; ``lambda:InvokeFunction`` on the function itself must be
    allowed. The same version or alias is invoked. Raises ValueError for an event that is too large,
    and what the client raises.
    """
    payload = json.dumps(event).encode()
    if len(payload) > MAX_EVENT_BYTES:
        raise ValueError(
            f"the state to go on with has {len(payload):,} bytes; an asynchronous event takes "
            f"{MAX_EVENT_BYTES:,}: keep less in it"
        )
    answer = client.invoke(
        FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=payload
    )
    status = answer.get("StatusCode")
    if status != _ACCEPTED:
        raise RuntimeError(
            f"Lambda answered {status} instead of 202 to the invocation that was to go on"
        )
