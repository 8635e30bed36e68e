"""An object below a prefix, with the group's ARN as its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from termination_policy.errors import NotCertain
from termination_policy.stores.store import Store

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_REMEDY = "delete the object; the scheduled scan writes another"
MAX_BYTES = 2_000_000  # bytes


def make(place: str) -> Store:
    """Return the store of BUCKET/PREFIX."""
    bucket, _, prefix = place.partition("/")

    def key(group: str) -> str:
        return f"{prefix}/{group}" if prefix else group

    def read(client: S3Client, group: str) -> bytes | None:
        try:
            found = client.get_object(Bucket=bucket, Key=key(group))
        except client.exceptions.NoSuchKey:
            return None
        data = found["Body"].read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise NotCertain(
                f"the cached result in s3://{place} is larger than {MAX_BYTES:,} bytes", _REMEDY
            )
        return data

    def write(client: S3Client, group: str, data: bytes, expires: float) -> None:
        client.put_object(Bucket=bucket, Key=key(group), Body=data)

    return Store("s3", read, write)
