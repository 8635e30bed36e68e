"""What an event asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_deploy import context
from cdk_deploy.config import Config
from cdk_deploy.errors import RequestError

STEPS = ("synth", "diff", "deploy", "prepare", "execute", "poll")
WITH_CONTEXT = ("synth", "diff", "deploy", "prepare")
# "StackName" and "ChangeSetName" in CreateChangeSet, AWS CloudFormation API Reference.
_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,127}")
_MEMBERS = frozenset(
    {"step", "stack", "context", "change_set", "before", "seen", "go_on", "wait_s"}
)
_MAX_WAIT_S = 900
_MAX_EVENT_ID = 512


@dataclass(frozen=True)
class Request:
    """A checked event. `go_on`: invoke the function again with what is next, until it is done."""

    step: str
    stack: str
    context: Mapping[str, str] = field(default_factory=dict)
    change_set: str = ""  # execute: which
    before: str = ""  # poll: the id of the newest event from before the operation
    seen: str = ""  # poll: the id of the newest event that was logged
    go_on: bool = False
    wait_s: float = _MAX_WAIT_S  # poll: how long an invocation may wait; 0 looks once


def read(event: Any, config: Config) -> Request:
    """Check an event: raw as in the README, or in the `detail` of an EventBridge event.

    The detail may be text, as EventBridge Scheduler sends it. Raises RequestError.
    """
    asked = _asked(event)
    unknown = sorted(set(asked) - _MEMBERS)
    if unknown:
        raise RequestError(
            f"the event has {', '.join(map(repr, unknown))}",
            f"it takes {', '.join(sorted(_MEMBERS))}",
        )
    step = asked.get("step")
    if step not in STEPS:
        raise RequestError(f"the step is {step!r}", f"it takes {', '.join(STEPS)}")
    stack = _name(asked, "stack")
    if config.stacks and stack not in config.stacks:
        raise RequestError(
            f"the stack {stack} is not allowed",
            f"use {', '.join(sorted(config.stacks))}, or add it to CDK_STACKS",
        )
    values = context.read(asked.get("context"), config.context_keys)
    if values and step not in WITH_CONTEXT:
        raise RequestError(f"the step {step} takes no context", "give it to prepare")
    if values and config.assembly:
        raise RequestError(
            "an assembly made before the event came takes no context",
            "leave it out, or deploy the app itself: unset CDK_ASSEMBLY",
        )
    return Request(
        step=step,
        stack=stack,
        context=values,
        change_set=_name(asked, "change_set") if step == "execute" else "",
        before=_event_id(asked, "before"),
        seen=_event_id(asked, "seen"),
        go_on=_flag(asked.get("go_on", False)),
        wait_s=_wait(asked.get("wait_s", _MAX_WAIT_S)),
    )


def _asked(event: Any) -> Mapping[str, Any]:
    asked = event
    if isinstance(event, Mapping) and "detail" in event and "step" not in event:
        asked = event["detail"]
        if isinstance(asked, str):
            try:
                asked = json.loads(asked)
            except ValueError as error:
                raise RequestError(
                    f"the event's detail is no JSON ({error})", "correct it"
                ) from None
    if not isinstance(asked, Mapping):
        raise RequestError(
            f"the event is {type(asked).__name__}", 'send {"step": "deploy", "stack": "nightly"}'
        )
    return asked


def _name(asked: Mapping[str, Any], member: str) -> str:
    value = asked.get(member)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RequestError(
            f"{member} is {value!r}",
            "CloudFormation takes a letter, then up to 127 letters, digits or '-'",
        )
    return value


def _event_id(asked: Mapping[str, Any], member: str) -> str:
    value = asked.get(member, "")
    if not isinstance(value, str) or len(value) > _MAX_EVENT_ID:
        raise RequestError(f"{member} is no event id", "pass on what `next` of the answer had")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"go_on is {value!r}", "it takes true or false")
    return value


def _wait(value: Any) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value <= _MAX_WAIT_S:
        raise RequestError(f"wait_s is {value!r}", f"it takes 0 to {_MAX_WAIT_S} seconds")
    return float(value)
