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
_PAUSES_S = (0.1, 0.2, 0.4, 0.8, 1.6)  # before UnprocessedKeys are requested again
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
        self._aws, self._client = aws, aws.client("dynamodb")
        self._table = table
        self.place = f"table {table}"

    def load(self, seen: Sequence[Seen]) -> Loaded:
        names = {_key(target): target.name for target, _ in seen}
        loaded: dict[str, SavedState | Exception | None] = dict.fromkeys(names.values())
        keys = [{"pk": {"S": key}} for key in names]
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            try:
                items, unprocessed = self._get_items(page)
            except Exception as error:  # reported with its targets
                loaded |= {names[key["pk"]["S"]]: CallFailed("dynamodb", error) for key in page}
                continue
            loaded |= {names[item["pk"]["S"]]: _saved_state(item) for item in items}
            loaded |= {
                names[key["pk"]["S"]]: TargetError(
                    "the table did not return its saved state, after several requests",
                    "the table is throttled: give it more capacity, or scale fewer targets at once",
                    transient=True,
                )
                for key in unprocessed
            }
        return loaded

    def _get_items(
        self, keys: Sequence[Mapping[str, Any]]
    ) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
        """Return the items, and the keys that DynamoDB still left unprocessed at the end.

        Source: "Error retries and exponential backoff", Amazon DynamoDB Developer Guide.
        """
        items: list[Mapping[str, Any]] = []
        left = keys
        for pause_s in (*_PAUSES_S, None):
            request = {self._table: {"Keys": left, "ConsistentRead": True}}
            answer = self._client.batch_get_item(RequestItems=request)
            items += answer["Responses"].get(self._table, [])
            left = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if not left or pause_s is None:
                break
            self._aws.sleep(pause_s)
        return items, left

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
