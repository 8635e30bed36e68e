"""Where the state before a step is saved: in DynamoDB, or in tags of the target itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import CallFailed, TargetError
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Reading, Target
from scheduled_scaling.state_codec import SavedState, decode_tags, encode_tags, list_keys

Seen = tuple[Target, Reading]
Loaded = Mapping[str, "SavedState | Exception | None"]
_PAGE = 100  # items in a BatchGetItem


class StateStore(Protocol):
    """Saves one state per target, and keeps it until it is deleted."""

    place: str  # for people

    def load(self, seen: Sequence[Seen]) -> Loaded:
        """Return the saved states by target name; an exception where loading failed."""

    def save(self, target: Target, reading: Reading, saved: SavedState, /) -> bool:
        """Save, unless a state is saved; False if it cannot be. Raises botocore's errors."""

    def delete(self, target: Target, reading: Reading, /) -> None:
        """Delete the saved state. Raises botocore's errors."""


class TagStore:
    """Save in tags of the targets. Some kinds have none."""

    place = "tags of each target"

    def __init__(self, aws: AwsClients) -> None:
        self._aws = aws

    def load(self, seen: Sequence[Seen]) -> Loaded:
        loaded: dict[str, SavedState | Exception | None] = {}
        for target, reading in seen:
            try:
                loaded[target.name] = decode_tags(target.kind, self._tags(target, reading))
            except Exception as error:  # reported with its targets
                loaded[target.name] = CallFailed(self._aws.last_service, error)
        return loaded

    def save(self, target: Target, reading: Reading, saved: SavedState) -> bool:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return False
        try:
            tags = encode_tags(target.kind, saved)
        except ValueError as error:
            remedy = "configure a table (SCALING_TABLE)"
            raise TargetError(f"its state cannot be saved: {error}", remedy) from None
        self._aws.apply(tagging.tag(reading, tags))
        return True

    def delete(self, target: Target, reading: Reading) -> None:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return
        # The reading's tags may be older than the saved state.
        names = list_keys(target.kind, tagging.fetch(self._aws, reading))
        if names:
            self._aws.apply(tagging.untag(reading, names))

    def _tags(self, target: Target, reading: Reading) -> Mapping[str, str]:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return {}
        return reading.tags if reading.tags is not None else tagging.fetch(self._aws, reading)


class DynamoDbStore:
    """Save in a DynamoDB table with the key pk. A conditional write keeps the first state."""

    def __init__(self, aws: AwsClients, table: str) -> None:
        self._client = aws.client("dynamodb")
        self._table = table
        self.place = f"table {table}"

    def load(self, seen: Sequence[Seen]) -> Loaded:
        names = {_key(target): target.name for target, _ in seen}
        loaded: dict[str, SavedState | Exception | None] = dict.fromkeys(names.values())
        keys = [{"pk": {"S": key}} for key in names]
        for start in range(0, len(keys), _PAGE):
            left: dict[str, Any] = {
                self._table: {"Keys": keys[start : start + _PAGE], "ConsistentRead": True}
            }
            try:
                while left:
                    answer = self._client.batch_get_item(RequestItems=left)
                    for item in answer["Responses"].get(self._table, []):
                        loaded[names[item["pk"]["S"]]] = _saved_state(item)
                    left = answer.get("UnprocessedKeys", {})
            except Exception as error:  # reported with its targets
                for key in keys[start : start + _PAGE]:
                    loaded[names[key["pk"]["S"]]] = CallFailed("dynamodb", error)
        return loaded

    def save(self, target: Target, _: Reading, saved: SavedState) -> bool:
        item = {
            "pk": _key(target),
            "state": json.dumps(saved.state, sort_keys=True),
            "since": saved.since,
            "step": saved.step,
        }
        # The condition fails if an earlier attempt has saved the state meanwhile.
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item={name: {"S": text} for name, text in item.items()},
                ConditionExpression="attribute_not_exists(pk)",
            )
        return True

    def delete(self, target: Target, _: Reading) -> None:
        self._client.delete_item(TableName=self._table, Key={"pk": {"S": _key(target)}})


def _key(target: Target) -> str:
    return f"memory#{target.identity}"


def _saved_state(item: Mapping[str, Any]) -> SavedState:
    return SavedState(json.loads(item["state"]["S"]), item["since"]["S"], item["step"]["S"])
