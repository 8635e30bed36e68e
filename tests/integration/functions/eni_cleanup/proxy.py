"""EC2's and Lambda's behaviour that moto lacks.

It refuses to delete what is in use, takes asynchronous invocations, and can let a call fail, be
throttled or lose its connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.ec2.models import ec2_backends

from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import ACCEPTED, HANG_UP, Call, Reply, ec2_fault

THROTTLED = "throttled"
FAILED = "failed"
DROPPED = "dropped"


class Proxy:
    """`calls` are the operations in order; `crimes` are deletions of what is in use."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self.crimes: list[str] = []
        self.invoked: list[dict[str, Any]] = []
        self.fault: Callable[[int, str], str] = lambda _, __: ""
        self.before: Callable[[int, str], None] = lambda _, __: None

    def reply(self, call: Call) -> Reply | None:
        """What the test asked for, or EC2 and Lambda do; else moto's answer."""
        operation = call.action or f"{call.method} {call.path}"
        number = len(self.calls)
        self.calls.append(operation)
        self.before(number, operation)
        fault = self.fault(number, operation)
        if fault == DROPPED:
            return HANG_UP
        if fault == FAILED:
            return Reply(503)
        if fault == THROTTLED:
            return _throttle(operation)
        if operation == "Invoke":
            self.invoked.append(json.loads(call.body))
            return ACCEPTED
        if operation == "DeleteNetworkInterface" and (name := _in_use(call)):
            self.crimes.append(name)
            return ec2_fault(
                "InvalidParameterValue", f"Network interface '{name}' is currently in use."
            )
        return None


def _throttle(operation: str) -> Reply:
    if "NetworkInterface" in operation:
        return ec2_fault("RequestLimitExceeded", "Request limit exceeded.")
    return Reply(429, b"{}")  # as of a server before the service, in none of their forms


def _in_use(call: Call) -> str:
    name = call.fields["NetworkInterfaceId"]
    eni = ec2_backends[ACCOUNT][REGION].enis.get(name)
    return name if eni is not None and eni.status != "available" else ""
