"""Holds that people set by an event: skip a scenario's steps, or keep them back, until a time.

A hold is an item of the table, so are the steps that it keeps back. Times are in seconds since the
epoch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scheduled_scaling.calendar_rules import KEEP, RUN, SKIP, Decision

_EXPIRES_AFTER_S = 86_400.0


@dataclass(frozen=True)
class Hold:
    """Steps that are skipped, or kept back, until a time."""

    action: str  # SKIP or KEEP
    steps: tuple[str, ...]
    until: float
    since: float

    def decide(self, step: str, now: float) -> Decision:
        """Return what becomes of a step now."""
        if step not in self.steps or now >= self.until:
            return Decision(RUN)
        word = {SKIP: "skips it", KEEP: "keeps it back"}[self.action]
        return Decision(self.action, self.until, f"a hold {word}; the step resume ends the hold")


class HoldTable:
    """Holds in a DynamoDB table with the key pk."""

    def __init__(self, client: Any, table: str, scenario: str) -> None:
        self._client, self._table, self._scenario = client, table, scenario

    def load(self) -> Hold | None:
        """Return the scenario's hold. Raises botocore's errors."""
        found = self._get("hold")
        return Hold(**{**found, "steps": tuple(found["steps"])}) if found else None

    def save(self, hold: Hold) -> None:
        """Set a hold in the place of any other."""
        self._put("hold", asdict(hold), hold.until)

    def delete(self) -> None:
        """End the hold, and forget what it kept back."""
        for kind in ("hold", "kept"):
            self._client.delete_item(TableName=self._table, Key=self._key(kind))

    def load_kept(self) -> Mapping[str, Any] | None:
        """Return the event of the step that is kept back, the newest one."""
        return self._get("kept")

    def save_kept(self, event: Mapping[str, Any], until: float) -> None:
        """Remember the step that is kept back."""
        self._put("kept", event, until)

    def delete_kept(self) -> None:
        """Forget the step that was kept back: it runs."""
        self._client.delete_item(TableName=self._table, Key=self._key("kept"))

    def _key(self, kind: str) -> dict[str, Any]:
        return {"pk": {"S": f"{kind}#{self._scenario}"}}

    def _get(self, kind: str) -> Mapping[str, Any] | None:
        answer = self._client.get_item(
            TableName=self._table, Key=self._key(kind), ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        found: Mapping[str, Any] = json.loads(answer["Item"]["value"]["S"])
        return found

    def _put(self, kind: str, value: Mapping[str, Any], until: float) -> None:
        expires = {"N": str(int(until + _EXPIRES_AFTER_S))}
        item = {**self._key(kind), "value": {"S": json.dumps(value)}, "expires": expires}
        self._client.put_item(TableName=self._table, Item=item)
