"""The interface of a kind of target. A module of this package that has these names is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Problem
from scheduled_scaling.model import Action, Plan, Reading, State, Tags, Target
from scheduled_scaling.validation import Fields


class Tagging(Protocol):
    """How the resources of a kind carry tags; a module, too."""

    def fetch(self, cloud: Cloud, reading: Reading) -> Tags:
        """Ask for the tags, where `read` did not bring them along."""

    def tag(self, reading: Reading, tags: Tags) -> Action:
        """Set tags."""

    def untag(self, reading: Reading, keys: Sequence[str]) -> Action:
        """Remove tags."""


class Kind(Protocol):
    """A kind of target: what its address and wishes look like, and how to get from here to there.

    `batch` targets with the same `group` are read at a time.
    """

    @property
    def batch(self) -> int:
        """How many targets one `read` takes at most."""

    @property
    def tagging(self) -> Tagging | None:
        """How its resources carry tags; None: not at all."""

    def group(self, target: Target) -> str:
        """What targets of one batch have in common, such as a cluster."""

    def address(self, fields: Fields) -> Mapping[str, str]:
        """Take the members that say where a target is. Raises Invalid."""

    def wish(self, fields: Fields) -> State:
        """Take the members of a wanted state. Raises Invalid."""

    def read(self, cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
        """Tell what the targets are now, by their names. Raises botocore's errors."""

    def plan(self, target: Target, actual: State, wish: State) -> Plan:
        """Say what leads from `actual` to `wish`: pure, and safe in its order. Raises Problem."""

    def previous(self, actual: State, wish: State) -> State:
        """Return the wish that puts back what `wish` changes."""

    def units(self, state: State, wish: State) -> Mapping[str, float]:
        """Count what is paid for by the hour once `wish` is reached (empty: as it is now).

        Name in the price list → number; nothing where that is not known.
        """
