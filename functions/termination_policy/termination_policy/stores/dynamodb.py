"""A table with the key `pk` (text), the cached result in `result` (binary), and `expires` (TTL).

DynamoDB deletes late, so readers check the time that the cached result itself has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from termination_policy.errors import NotCertain
from termination_policy.stores.store import Store

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MAX_BYTES = (
    390_000  # bytes; an item takes 400 KB. Source: "Quotas", Amazon DynamoDB Developer Guide
)


def make(table: str) -> Store:
    """Return the store of a table."""

    def read(client: DynamoDBClient, group: str) -> bytes | None:
        found = client.get_item(TableName=table, Key={"pk": {"S": group}}, ConsistentRead=True)
        return found.get("Item", {}).get("result", {}).get("B")

    def write(client: DynamoDBClient, group: str, data: bytes, expires: float) -> None:
        if len(data) > MAX_BYTES:
            raise NotCertain(
                f"the cached result has {len(data):,} bytes, an item takes {MAX_BYTES:,}",
                "use s3:// in RESULT_STORE",
            )
        item: dict[str, Any] = {"pk": {"S": group}, "result": {"B": data}}
        client.put_item(TableName=table, Item={**item, "expires": {"N": str(int(expires))}})

    return Store("dynamodb", read, write)
