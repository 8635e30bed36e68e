"""CloudFormation's behaviour that moto lacks: a proxy in front of it, and its memory edited.

moto finishes every operation within the call that begins it, fails none, and gives wrong answers
about change sets that are not there. The tests let the proxy do something else than forward a
call, and write events and states into moto, which then reports them over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation.models import Event, Stack, cloudformation_backends

from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import ACCEPTED, Call, Reply, result, serve

Form = Mapping[str, str]
_STACK = "AWS::CloudFormation::Stack"


@dataclass
class Front:
    """`instead` maps an action to what happens in its place, before an empty answer is sent.

    `denied` are actions that are refused, `calls` those that were asked for, in order; `invoked`
    are the events of asynchronous invocations.
    """

    url: str = ""
    calls: list[str] = field(default_factory=list)
    invoked: list[Any] = field(default_factory=list)
    instead: dict[str, Callable[[Form], None]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def reply(self, call: Call) -> Reply | None:
        """What the test asked for, or CloudFormation does; else moto's answer."""
        action = call.action
        if action == "Invoke":
            self.invoked.append(json.loads(call.body))
            return ACCEPTED
        if "Action" in call.fields:
            self.calls.append(action)
        if action in self.denied:
            return call.refuse("AccessDenied", "not authorized", 403)
        if action in self.instead:
            self.instead[action](call.fields)
            return result()
        if action == "DeleteChangeSet" and not _exists(call.fields):  # no error at AWS
            return result()
        if action == "DescribeChangeSet" and not _exists(call.fields):
            return call.refuse("ChangeSetNotFound", "ChangeSet does not exist", 404)
        return None


def front(moto_url: str) -> AbstractContextManager[Front]:
    """A proxy on http://localhost: with an address in numbers the CLI asks for other buckets."""
    return serve(Front(), moto_url, "localhost")


def _exists(form: Form) -> bool:
    sets = cloudformation_backends[ACCOUNT][REGION].change_sets
    wanted = form["ChangeSetName"]
    return wanted in sets or any(found.change_set_name == wanted for found in sets.values())


def stack_of(name: str) -> Stack:
    """The stack in moto's memory."""
    stacks = cloudformation_backends[ACCOUNT][REGION].stacks.values()
    return next(stack for stack in stacks if stack.name == name)


def happen(name: str, resource: str, kind: str, status: str, reason: str = "") -> None:
    """Add an event to a stack; one on the stack itself, `_STACK`, also changes its status."""
    stack = stack_of(name)
    event = Event(
        stack_id=stack.stack_id,
        stack_name=name,
        logical_resource_id=resource,
        physical_resource_id=stack.stack_id if resource == name else f"{name}-{resource.lower()}",
        resource_type=kind,
        resource_status=status,
        resource_status_reason=reason or None,
        resource_properties=None,
    )
    stack.events.append(event)
    if resource == name:
        stack.status = status


def become(name: str, status: str, reason: str = "") -> None:
    """Bring a stack into a status, with the event that reports it."""
    happen(name, name, _STACK, status, reason)
