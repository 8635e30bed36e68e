"""What an event asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_deploy import context
from cdk_deploy.config import Config
from cdk_deploy.errors import RequestError
from surefoot.kit.errors import UserError
from surefoot.kit.events import unwrap_event
from surefoot.kit.time_budget import MAX_TIMEOUT_S

STEPS = ("synth", "diff", "deploy", "prepare", "execute", "poll", "rollback", "resume")
WITH_CONTEXT = ("synth", "diff", "deploy", "prepare")
# "StackName" and "ChangeSetName" in CreateChangeSet, AWS CloudFormation API Reference.
_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,127}")
# "ResourcesToSkip" in ContinueUpdateRollback; nested ones are NestedStackName.Resource.
_RESOURCE = re.compile(r"[A-Za-z0-9][-A-Za-z0-9.]{0,254}")
_MEMBERS = frozenset(
    {"step", "stack", "context", "change_set", "continuation", "self_invoke", "wait_s", "skip"}
)


@dataclass(frozen=True)
class Request:
    """A checked event. `self_invoke`: invoke the function again with the next step, until done."""

    step: str
    stack: str
    context: Mapping[str, str] = field(default_factory=dict)
    change_set: str = ""  # execute: its name
    continuation: str | None = None
    self_invoke: bool = False
    wait_s: float = MAX_TIMEOUT_S  # poll: how long an invocation may wait; 0 looks once
    skip: tuple[str, ...] = ()  # resume: resources that CloudFormation is to leave as they are


def read(event: Any, config: Config) -> Request:
    """Check an event: as in the README, or in the `detail` of an EventBridge event.

    Raises RequestError.
    """
    asked = _unwrap(event)
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
            "an assembly that was synthesised at build time takes no context",
            "leave it out, or deploy the app itself: unset CDK_ASSEMBLY",
        )
    return Request(
        step=step,
        stack=stack,
        context=values,
        change_set=_name(asked, "change_set") if step == "execute" else "",
        continuation=_continuation(asked.get("continuation")),
        self_invoke=_boolean(asked.get("self_invoke", False)),
        wait_s=_wait(asked.get("wait_s", MAX_TIMEOUT_S)),
        skip=_skip(asked.get("skip", []), step),
    )


def _unwrap(event: Any) -> Mapping[str, Any]:
    try:
        asked = unwrap_event(event).payload
    except UserError as error:
        raise RequestError(error.reason, error.remedy) from None
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


def _continuation(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RequestError(
            f"continuation is {value!r}",
            "pass on the `next` of an answer as it is, or leave it out",
        )
    return value


def _skip(value: Any, step: str) -> tuple[str, ...]:
    if value and step != "resume":
        raise RequestError(f"the step {step} takes no skip", "it belongs to resume")
    if not isinstance(value, list) or not all(
        isinstance(name, str) and _RESOURCE.fullmatch(name) for name in value
    ):
        raise RequestError(f"skip is {value!r}", "give a list of resources' logical ids")
    return tuple(value)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"self_invoke is {value!r}", "it takes true or false")
    return value


def _wait(value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MAX_TIMEOUT_S:
        raise RequestError(f"wait_s is {value!r}", f"it takes 0 to {MAX_TIMEOUT_S} seconds")
    return float(value)
