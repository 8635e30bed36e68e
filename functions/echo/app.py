"""Answers with the event it was given and with what Lambda says about the invocation."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def handler(event: Any, context: Any) -> dict[str, Any]:
    """The event, the id of this request and the milliseconds that are left of its time-out."""
    source = event.get("source") if isinstance(event, dict) else None
    logger.info("got an event from %s", source or "a caller that does not name itself")
    return {
        "event": event,
        "request_id": context.aws_request_id,
        "function": context.function_name,
        "memory_mb": int(context.memory_limit_in_mb),
        "remaining_ms": context.get_remaining_time_in_millis(),
    }
