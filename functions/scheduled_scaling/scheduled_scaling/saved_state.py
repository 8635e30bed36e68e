"""Where the state before a step is remembered: in DynamoDB, or in tags of the target itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import CallFailed, Problem
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Reading, Target
from scheduled_scaling.state_codec import Remembered, from_tags, keys, to_tags

Seen = tuple[Target, Reading]
Recalled = Mapping[str, "Remembered | Exception | None"]
_PAGE = 100  # items in a BatchGetItem


class Memory(Protocol):
    """Remembers one state per target. What is remembered stays until it is forgotten."""

    place: str  # for people

    def recall(self, seen: Sequence[Seen]) -> Recalled:
        """Return what is remembered, by the targets' names; an error stands for its target."""

    def remember(self, target: Target, reading: Reading, remembered: Remembered, /) -> bool:
        """Remember, unless something is; False: there is no place to. Raises botocore's errors."""

    def forget(self, target: Target, reading: Reading, /) -> None:
        """Forget. Raises botocore's errors."""


class Tags:
    """In tags of the targets. Not every kind of target has them."""

    place = "tags of each target"

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def recall(self, seen: Sequence[Seen]) -> Recalled:
        recalled: dict[str, Remembered | Exception | None] = {}
        for target, reading in seen:
            try:
                recalled[target.name] = from_tags(target.kind, self._tags(target, reading))
            except Exception as error:  # told with its targets
                recalled[target.name] = CallFailed(self._cloud.last, error)
        return recalled

    def remember(self, target: Target, reading: Reading, remembered: Remembered) -> bool:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return False
        try:
            tags = to_tags(target.kind, remembered)
        except ValueError as error:
            remedy = "configure a table (SCALING_TABLE)"
            raise Problem(f"its state cannot be remembered: {error}", remedy) from None
        self._cloud.apply(tagging.tag(reading, tags))
        return True

    def forget(self, target: Target, reading: Reading) -> None:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return
        # Those of the reading may be older than what was remembered since.
        names = keys(target.kind, tagging.fetch(self._cloud, reading))
        if names:
            self._cloud.apply(tagging.untag(reading, names))

    def _tags(self, target: Target, reading: Reading) -> Mapping[str, str]:
        tagging = KINDS[target.kind].tagging
        if tagging is None:
            return {}
        return reading.tags if reading.tags is not None else tagging.fetch(self._cloud, reading)


class Table:
    """In a DynamoDB table, whose key is pk. A conditional write keeps the first state."""

    def __init__(self, cloud: Cloud, table: str) -> None:
        self._client = cloud.client("dynamodb")
        self._table = table
        self.place = f"table {table}"

    def recall(self, seen: Sequence[Seen]) -> Recalled:
        names = {_key(target): target.name for target, _ in seen}
        recalled: dict[str, Remembered | Exception | None] = dict.fromkeys(names.values())
        wanted = [{"pk": {"S": key}} for key in names]
        for start in range(0, len(wanted), _PAGE):
            left: dict[str, Any] = {
                self._table: {"Keys": wanted[start : start + _PAGE], "ConsistentRead": True}
            }
            try:
                while left:
                    answer = self._client.batch_get_item(RequestItems=left)
                    for item in answer["Responses"].get(self._table, []):
                        recalled[names[item["pk"]["S"]]] = _remembered(item)
                    left = answer.get("UnprocessedKeys", {})
            except Exception as error:  # told with its targets
                for key in wanted[start : start + _PAGE]:
                    recalled[names[key["pk"]["S"]]] = CallFailed("dynamodb", error)
        return recalled

    def remember(self, target: Target, _: Reading, remembered: Remembered) -> bool:
        item = {
            "pk": _key(target),
            "state": json.dumps(remembered.state, sort_keys=True),
            "since": remembered.since,
            "step": remembered.step,
        }
        # Where it fails, an attempt before this one has remembered meanwhile.
        with contextlib.suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.put_item(
                TableName=self._table,
                Item={name: {"S": text} for name, text in item.items()},
                ConditionExpression="attribute_not_exists(pk)",
            )
        return True

    def forget(self, target: Target, _: Reading) -> None:
        self._client.delete_item(TableName=self._table, Key={"pk": {"S": _key(target)}})


def _key(target: Target) -> str:
    return f"memory#{target.identity}"


def _remembered(item: Mapping[str, Any]) -> Remembered:
    return Remembered(json.loads(item["state"]["S"]), item["since"]["S"], item["step"]["S"])
