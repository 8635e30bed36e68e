"""A function that uses boto3, as most do; it tells what the import and a client cost."""

import time

begin = time.process_time_ns()
import boto3  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: E402

client = boto3.client(
    "dynamodb", region_name="eu-north-1", aws_access_key_id="x", aws_secret_access_key="x"
)
cost = time.process_time_ns() - begin


def handler(event: object, context: object) -> int:
    return cost
