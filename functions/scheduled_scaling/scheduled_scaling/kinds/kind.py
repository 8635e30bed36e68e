"""The interface of a kind of target. A module of this package that has these names is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError
from scheduled_scaling.model import Action, Plan, Reading, State, Tags, Target
from scheduled_scaling.validation import MappingReader


class Tagging(Protocol):
    """How the resources of a kind carry tags; a module may be one."""

    def fetch(self, aws: AwsClients, reading: Reading) -> Tags:
        """Return the tags, for when `read` did not."""

    def tag(self, reading: Reading, tags: Tags) -> Action:
        """Return the call that sets tags."""

    def untag(self, reading: Reading, keys: Sequence[str]) -> Action:
        """Return the call that removes tags."""


class Kind(Protocol):
    """A kind of target: its address, its desired state, and how to get there.

    Up to `max_batch` targets with the same `batch_key` are read together.
    """

    @property
    def max_batch(self) -> int:
        """How many targets one `read` takes."""

    @property
    def tagging(self) -> Tagging | None:
        """How its resources carry tags; None if they have none."""

    def batch_key(self, target: Target) -> str:
        """Return what the targets of one batch have in common, such as a cluster."""

    def resource(self, address: Mapping[str, str]) -> str:
        """Return what is equal for two targets, of any kind, that change the same resource."""

    def parse_address(self, reader: MappingReader) -> Mapping[str, str]:
        """Read the members that say where a target is. Raises ValidationError."""

    def parse_desired_state(self, reader: MappingReader) -> State:
        """Read the members of a desired state. Raises ValidationError."""

    def read(
        self, aws: AwsClients, targets: Sequence[Target]
    ) -> Mapping[str, Reading | TargetError]:
        """Return the current states by target name. Raises botocore's errors."""

    def plan(self, target: Target, actual: State, desired_state: State) -> Plan:
        """Return the calls from `actual` to `desired_state`, in a safe order. Raises TargetError.

        It makes no call itself.
        """

    def state_to_restore(self, actual: State, desired_state: State) -> State:
        """Return the desired state that undoes a change to `desired_state`."""

    def fall_back(self, desired_state: State) -> State | None:
        """Return the state to try when AWS has no capacity for this one; None if there is none."""

    def billed_units(self, state: State, desired_state: State) -> Mapping[str, float]:
        """Return what is billed by the hour once `desired_state` is reached (empty: as it is now).

        By name in the price list; nothing if that is not known.
        """
