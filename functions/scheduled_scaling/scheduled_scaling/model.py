"""The values that pass between reading, planning and applying."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

State = Mapping[str, Any]  # JSON: what a target is, or is desired to be
Tags = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """Something that can be scaled. `desired_states` are by step.

    `after` are the targets that come first; in the step of rest and in restore they come last.
    """

    name: str
    kind: str
    address: Mapping[str, str]
    desired_states: Mapping[str, State]
    after: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """Equal for the same resource, whatever a scenario calls it."""
        return "/".join([self.kind, *self.address.values()])


@dataclass(frozen=True)
class Reading:
    """What a target is now. `tags` is None if they take another call."""

    state: State
    arn: str
    tags: Tags | None = None


@dataclass(frozen=True)
class Action:
    """One API call, as data: a plan can be compared, printed and counted without making any."""

    client: str  # boto3's name of the service
    call: str  # boto3's name of the method
    arguments: Mapping[str, Any]
    description: str  # for people
    ready: bool = True  # False: only after the previous ones have taken effect
    ignored_error_codes: frozenset[str] = frozenset()  # they mean that it is done already
    duration_key: str = ""  # its entry in estimates.json

    @property
    def identity(self) -> str:
        """Equal for the same call, in this process and in any other."""
        return f"{self.call} {json.dumps(self.arguments, sort_keys=True)}"


@dataclass(frozen=True)
class Plan:
    """What leads from a state to the desired one."""

    actions: tuple[Action, ...] = ()
    waiting: str = ""  # what AWS is still doing
    note: str = ""

    @property
    def reached(self) -> bool:
        """Whether nothing is left to do or to wait for."""
        return not self.actions and not self.waiting
