"""`not_busy:TABLE`: workers say in a DynamoDB table whether they are busy. For any kind of work.

An item has the key `pk` (the instance's id), `busy` (BOOL) and `expires` (seconds since the epoch).
An instance may go if its item says `busy: false` and has not expired. Without an item, or with one
that cannot be read, it is unknown, so busy. `not_busy:TABLE absent=free` is for workers that have
an item only while they are busy: then no item means free, while an expired one still means busy
until DynamoDB or the worker deletes it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from termination_policy.event import Instance
from termination_policy.strategy import Strategy, StrategyContext, filter_in_batches

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

BATCH_SIZE = 100  # Source: "BatchGetItem", Amazon DynamoDB API Reference
VARIABLE = "BUSY_TABLE"
USAGE = (
    f"not_busy:TABLE or not_busy:TABLE absent=free, or set {VARIABLE} to the table and write "
    "not_busy or not_busy:absent=free"
)


def make(argument: str) -> Strategy:
    """Return the strategy; the table may be that of BUSY_TABLE. Raises ValueError without one."""
    words = argument.split()
    absent = "absent=free" in words
    names = [word for word in words if word != "absent=free"] or [os.environ.get(VARIABLE, "")]
    table = names[0]
    if len(names) != 1 or not table or "=" in table:
        raise ValueError(USAGE)

    def ask(instances: Sequence[Instance], context: StrategyContext) -> set[str]:
        client: DynamoDBClient = context.client("dynamodb")
        names = [one.id for one in instances]
        answer = client.batch_get_item(
            RequestItems={
                table: {"Keys": [{"pk": {"S": name}} for name in names], "ConsistentRead": True}
            }
        )
        items = {item["pk"]["S"]: item for item in answer["Responses"][table]}
        # DynamoDB may leave keys out when it is throttled or the items are large: unknown.
        skipped = answer.get("UnprocessedKeys", {}).get(table, {"Keys": []})["Keys"]
        unknown = {key["pk"].get("S") for key in skipped}
        return {
            name
            for name in names
            if name not in unknown
            and (_is_free(items[name], context.now()) if name in items else absent)
        }

    return Strategy(filter_in_batches(ask, BATCH_SIZE), services=("dynamodb",))


def _is_free(item: Mapping[str, Mapping[str, Any]], now: float) -> bool:
    try:
        fresh = float(item["expires"]["N"]) > now
    except (KeyError, ValueError):
        return False
    return fresh and item.get("busy", {}).get("BOOL") is False
