"""A table with the key `pk` (text), the verdict in `verdict` (binary), time to live on `expires`.

DynamoDB deletes late, so the reader goes by what the verdict itself says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from termination_policy.errors import Doubt
from termination_policy.stores.store import Store

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MOST = 390_000  # bytes; an item takes 400 KB. Source: "Quotas", Amazon DynamoDB Developer Guide


def make(table: str) -> Store:
    """Return the store of a table."""

    def read(client: DynamoDBClient, group: str) -> bytes | None:
        found = client.get_item(TableName=table, Key={"pk": {"S": group}}, ConsistentRead=True)
        return found.get("Item", {}).get("verdict", {}).get("B")

    def write(client: DynamoDBClient, group: str, data: bytes, expires: float) -> None:
        if len(data) > MOST:
            raise Doubt(f"the verdict has {len(data):,} bytes, an item takes {MOST:,}; use s3://")
        item: dict[str, Any] = {"pk": {"S": group}, "verdict": {"B": data}}
        client.put_item(TableName=table, Item={**item, "expires": {"N": str(int(expires))}})

    return Store("dynamodb", read, write)
