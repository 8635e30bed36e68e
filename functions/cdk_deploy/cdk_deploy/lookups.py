"""cdk.context.json: what the CDK looked up, kept so that the next deployment finds the same.

Without it the CDK looks up again each night, and a new image id or zone replaces resources. The
file is shipped with the app; what is looked up beyond that is kept in an object of S3, if
CDK_CONTEXT_OBJECT names one, and else reported, so that it can be shipped. Source: "Save and
retrieve context values", AWS CDK Developer Guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk_deploy.errors import ConfigError

FILE = "cdk.context.json"
_ABSENT = ("NoSuchKey", "404")


@dataclass(frozen=True)
class Kept:
    """The content before the CDK ran; `etag` is the object's, empty if there is none."""

    values: Mapping[str, Any]
    etag: str = ""


def restore(directory: Path, place: str, client: Any) -> Kept:
    """Write what is kept at `place` over the app's own file; returns all of it.

    :param place: s3://bucket/key, or empty
    :param client: boto3's client of S3
    """
    values, etag = _read(directory / FILE), ""
    if place:
        bucket, key = split(place)
        try:
            answer = client.get_object(Bucket=bucket, Key=key)
        except client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
        else:
            etag = answer["ETag"]
            values = {**values, **json.loads(answer["Body"].read())}
            (directory / FILE).write_text(json.dumps(values, indent=2))
    return Kept(values, etag)


def keep(directory: Path, place: str, client: Any, before: Kept) -> list[str]:
    """Keep what was looked up since `restore`; returns the names of it.

    An object that another invocation has written meanwhile is not overwritten: that is an error of
    botocore, PreconditionFailed.
    """
    values = _read(directory / FILE)
    new = sorted(name for name, value in values.items() if before.values.get(name) != value)
    if new and place:
        bucket, key = split(place)
        condition = {"IfMatch": before.etag} if before.etag else {"IfNoneMatch": "*"}
        body = json.dumps(values, indent=2, sort_keys=True).encode()
        client.put_object(Bucket=bucket, Key=key, Body=body, **condition)
    return new


def split(place: str) -> tuple[str, str]:
    """Return bucket and key. Raises ConfigError."""
    bucket, _, key = place.removeprefix("s3://").partition("/")
    if not place.startswith("s3://") or not bucket or not key:
        raise ConfigError(f"CDK_CONTEXT_OBJECT is {place!r}", "write s3://bucket/key")
    return bucket, key


def _read(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    values: Mapping[str, Any] = json.loads(path.read_bytes())
    return values
