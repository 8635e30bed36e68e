"""The values that pass between reading, planning and applying."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

State = Mapping[str, Any]  # JSON: what a kind of target can be, or is wanted to be
Tags = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """Something that can be scaled. `where` is its address, `wishes` are by step."""

    name: str
    kind: str
    where: Mapping[str, str]
    wishes: Mapping[str, State]

    @property
    def identity(self) -> str:
        """The same for the same resource, whatever a scenario calls it."""
        return "/".join([self.kind, *self.where.values()])


@dataclass(frozen=True)
class Reading:
    """What a target is now. `tags` is None where the API does not tell them along."""

    state: State
    arn: str
    tags: Tags | None = None


@dataclass(frozen=True)
class Action:
    """One API call, as data: a plan can be compared, printed and counted without making any."""

    client: str  # boto3's name of the service
    call: str  # boto3's name of the method
    arguments: Mapping[str, Any]
    does: str  # for people
    now: bool = True  # False: only when those before have taken effect
    fine: frozenset[str] = frozenset()  # error codes that mean: it is done already
    takes: str = ""  # the entry in estimates.json for how long it lasts

    @property
    def identity(self) -> str:
        """The same for the same call, in this process and in any other."""
        return f"{self.call} {json.dumps(self.arguments, sort_keys=True)}"


@dataclass(frozen=True)
class Plan:
    """What leads from a state to the wanted one. Empty and waiting for nothing: it is reached."""

    actions: tuple[Action, ...] = ()
    waiting: str = ""  # what AWS is still at
    note: str = ""

    @property
    def reached(self) -> bool:
        """Whether nothing is left to do or to wait for."""
        return not self.actions and not self.waiting
