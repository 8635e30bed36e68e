"""Invoke the current function again, asynchronously.

Source: "Lambda recursive loop detection", AWS Lambda Developer Guide: Lambda stops a chain after
about 16 invocations unless the function's RecursiveLoop setting is Allow.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_EVENT_BYTES = 1024 * 1024  # of an asynchronous invocation; "Lambda quotas"
_ACCEPTED = 202


def invoke_self_async(client: Any, context: Any, event: Mapping[str, Any]) -> None:
    """Send `event` to a new invocation of the function, version or alias that `context` names.

    The role needs ``lambda:InvokeFunction`` on the function itself.

    :param client: boto3's Lambda client
    :param context: the handler's second argument
    :param event: the new invocation's event
    :raises ValueError: the event is too large
    :raises RuntimeError: Lambda did not accept the event
    :raises Exception: the call itself failed; what botocore raises
    """
    payload = json.dumps(event).encode()
    if len(payload) > MAX_EVENT_BYTES:
        raise ValueError(
            f"the event of the next invocation has {len(payload):,} bytes; an asynchronous event "
            f"takes {MAX_EVENT_BYTES:,}: keep less state in it"
        )
    response = client.invoke(
        FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=payload
    )
    status = response.get("StatusCode")
    if status != _ACCEPTED:
        raise RuntimeError(f"Lambda answered the asynchronous invocation with {status}, not 202")
