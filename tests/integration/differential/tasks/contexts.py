"""Shows everything of the context object and what an invocation does to the environment."""

import os
from typing import Any

NAMES = [
    *["aws_request_id", "log_group_name", "log_stream_name", "function_name"],
    *["memory_limit_in_mb", "function_version", "invoked_function_arn", "tenant_id"],
    *["client_context", "identity"],
]


def public(thing: object) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


def handler(event: str, context: Any) -> object:
    seen: dict[str, object] = {name: ascii(getattr(context, name)) for name in NAMES}
    seen["types"] = [type(getattr(context, name)).__name__ for name in NAMES]
    seen["public"] = public(context)
    seen["repr"] = repr(context)
    seen["class"] = type(context).__name__
    seen["w3c"] = ascii(context.w3c())
    seen["w3c is a copy"] = context.w3c() is not context.w3c()
    seen["identity"] = [
        context.identity.cognito_identity_id,
        context.identity.cognito_identity_pool_id,
    ]
    seen["identity public"] = public(context.identity)
    client_context = context.client_context
    if client_context is not None:
        seen["custom"] = client_context.custom
        seen["env"] = client_context.env
        seen["client_context public"] = public(client_context)
        client = client_context.client
        if client is not None:
            seen["client"] = {name: getattr(client, name) for name in public(client)}
    remaining = context.get_remaining_time_in_millis()
    seen["remaining type"] = type(remaining).__name__
    seen["remaining"] = remaining if remaining < 1e9 else "far"
    seen["trace"] = os.environ.get("_X_AMZN_TRACE_ID", "unset")
    context.remembered = event
    return seen
