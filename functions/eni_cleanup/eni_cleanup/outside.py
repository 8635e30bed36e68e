"""What lies outside the function: AWS, the clock, CloudFormation's mailbox. Tests bring others."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import cloudformation as answer
from .config import Config, read

# Longer than any healthy call takes, and short enough that one which hangs fits into the reserve.
CONNECT_S = 5.0
READ_S = 15.0


@functools.cache
def boto3_client(service: str) -> Any:
    """Return the client of a service, the same one for as long as the process lives."""
    import boto3
    from botocore.config import Config as ClientConfig

    # One try each: ``calls`` repeats, in pace and only while there is time.
    once = ClientConfig(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "standard", "total_max_attempts": 1},
        user_agent_extra="surefoot-eni-cleanup",
    )
    return boto3.client(service, config=once)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Outside:
    """The real world by default. Clock and sleep are in seconds, the clock since the epoch."""

    client: Callable[[str], Any] = boto3_client
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    deliver: Callable[..., None] = answer.deliver
    config: Config = field(default_factory=lambda: read(os.environ))
