"""What an endpoint's policy rules out, and what it may let pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vpc_check.checks.endpoint_policy import allows_nothing, bucket_of, restricts

ALL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
BUCKET = ["arn:aws:s3:::orders", "arn:aws:s3:::orders/*"]


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(**changes: Any) -> dict[str, Any]:
    row = {**ALL, **changes}
    return {key: value for key, value in row.items() if value is not None}


def deny(**changes: Any) -> dict[str, Any]:
    return {**ALL, "Effect": "Deny", **changes}


@pytest.mark.parametrize(
    ("service", "statements"),
    [
        ("sqs", [allow(Action="sns:*")]),
        ("sqs", [allow(Action=["sns:Publish", "s3:GetObject"])]),
        ("sqs", [deny()]),
        ("sqs", [ALL, deny()]),
        ("sqs", [ALL, deny(Action="sqs:*")]),
        ("sqs", [ALL, deny(Action=["SQS:*"], Principal={"AWS": "*"})]),
        ("sqs", [ALL, deny(Principal={"AWS": ["*"]})]),
        ("kinesis-streams", [allow(Action="kinesis-streams:*")]),
        ("monitoring", [allow(Action="monitoring:*")]),
        ("ecr.dkr", [allow(Action="s3:*")]),
        ("sqs", [allow(Action=None, NotAction="*")]),
        ("an-unknown-service", [ALL, deny()]),
    ],
)
def test_nothing_passes(service: str, statements: list[dict[str, Any]]) -> None:
    assert allows_nothing(policy(*statements), service)


@pytest.mark.parametrize(
    ("service", "statements"),
    [
        ("sqs", [ALL]),
        ("sqs", [allow(Action="sqs:SendMessage", Resource="arn:aws:sqs:*:*:orders")]),
        ("sqs", [allow(Action="SQS:*")]),
        ("sqs", [allow(Action=None, NotAction="sqs:DeleteQueue")]),
        ("kinesis-streams", [allow(Action="kinesis:PutRecord")]),
        ("kinesis-firehose", [allow(Action="firehose:*")]),
        ("monitoring", [allow(Action="cloudwatch:PutMetricData")]),
        ("email", [allow(Action="ses:*")]),
        ("ecr.dkr", [allow(Action="ecr:*")]),
        ("an-unknown-service", [allow(Action="other:*")]),
        ("sqs", [ALL, deny(Action="sqs:DeleteQueue")]),
        ("sqs", [ALL, deny(Action="sns:*")]),
        ("sqs", [ALL, deny(Resource="arn:aws:sqs:*:*:orders")]),
        ("sqs", [ALL, deny(Principal={"AWS": "arn:aws:iam::123456789012:root"})]),
        ("sqs", [ALL, deny(Condition={"Bool": {"aws:SecureTransport": "false"}})]),
    ],
)
def test_something_may_pass(service: str, statements: list[dict[str, Any]]) -> None:
    assert not allows_nothing(policy(*statements), service)


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        (allow(Resource=BUCKET), False),
        (allow(Resource="arn:aws:s3:::ord*"), False),
        (allow(Resource="arn:aws-cn:s3:::orders/*"), False),
        (allow(Resource="arn:aws:s3:::${aws:PrincipalTag/bucket}/*"), False),
        (allow(Resource="arn:aws:s3:::orders-archive/*"), True),
        (allow(Resource="arn:aws:sqs:::orders"), True),
        (allow(Resource="*orders*"), False),
        (allow(Resource="other*"), True),
        (allow(Resource=None, NotResource="arn:aws:s3:::other*"), False),
        (allow(Resource=None, NotResource="arn:aws:s3:::orders*"), True),
        (allow(Resource=None, NotResource="arn:aws:s3:::ord*"), True),
        (allow(Resource=None, NotResource=["*"]), True),
    ],
)
def test_a_bucket_is_allowed_by_what_may_name_it(statement: dict[str, Any], lost: bool) -> None:
    assert allows_nothing(policy(statement), "s3", "orders") is lost


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        (deny(Resource=BUCKET), True),
        (deny(Resource="*"), True),
        (deny(Resource="arn:aws:s3:::*"), True),
        (deny(Resource="arn:aws:s3:::orders/*", Action="s3:*"), True),
        (deny(Resource="arn:aws:s3:::orders"), False),  # its objects are not denied
        (deny(Resource="arn:aws:s3:::other/*"), False),
        (deny(Resource="arn:aws:s3:::orders/private/*"), False),
        (deny(Resource=BUCKET, Action="s3:PutObject"), False),
    ],
)
def test_a_bucket_is_denied_by_what_covers_its_objects(
    statement: dict[str, Any], lost: bool
) -> None:
    assert allows_nothing(policy(ALL, statement), "s3", "orders") is lost


def test_without_a_policy_everything_passes() -> None:
    assert not allows_nothing("", "s3", "orders")
    assert not restricts("")


def test_a_statement_may_stand_alone() -> None:
    assert not restricts(json.dumps({"Statement": ALL}))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (ALL, False),
        (allow(Principal={"AWS": "*"}), False),
        (allow(Action=["*"], Resource=["*"]), False),
        (allow(Principal={"AWS": "arn:aws:iam::123456789012:root"}), True),
        (allow(Principal={"Service": "*"}), True),
        (allow(Action="s3:*"), True),
        (allow(Resource="arn:aws:s3:::orders"), True),
        (allow(Condition={"Bool": {"aws:SecureTransport": "true"}}), True),
        (deny(), True),
    ],
)
def test_another_policy_than_the_default_restricts(
    statement: dict[str, Any], expected: bool
) -> None:
    assert restricts(policy(statement)) is expected


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("orders.s3.eu-west-1.amazonaws.com", "orders"),
        ("a.b-c.s3.dualstack.eu-west-1.amazonaws.com", "a.b-c"),
        ("orders.s3-eu-west-1.amazonaws.com", "orders"),
        ("orders.s3.amazonaws.com", "orders"),
        ("orders.s3-fips.us-east-1.amazonaws.com", "orders"),
        ("orders.s3.cn-north-1.amazonaws.com.cn", "orders"),
        ("s3.eu-west-1.amazonaws.com", ""),
        ("orders-123456789012.s3-accesspoint.eu-west-1.amazonaws.com", ""),
        ("sqs.eu-west-1.amazonaws.com", ""),
        ("orders.bucket.vpce-0a1.s3.eu-west-1.vpce.amazonaws.com", ""),
    ],
)
def test_the_bucket_of_a_host(host: str, bucket: str) -> None:
    assert bucket_of(host) == bucket
