"""What the policy of a VPC endpoint rules out, whatever the caller's role may do.

Sources: "Control access to VPC endpoints using endpoint policies", AWS PrivateLink Guide; the
prefixes of actions are those of the Service Authorization Reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from vpc_check.facts import Row

# The first part of an endpoint's service → the prefix of its actions, where the two differ.
_PREFIXES = {
    "kinesis-streams": "kinesis",
    "kinesis-firehose": "firehose",
    "monitoring": "cloudwatch",
    "sync-states": "states",
    "email": "ses",
    "dynamodb-streams": "dynamodb",
}
# Endpoints whose service is the prefix of its actions. A policy of others is not judged by them.
_SAME = frozenset(
    {
        *("athena", "batch", "cloudformation", "codebuild", "dynamodb", "ecr", "ecs", "eks"),
        *("events", "execute-api", "glue", "kms", "lambda", "logs", "rds-data", "s3", "s3express"),
        *("sagemaker", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "xray"),
    }
)


def allows_nothing(policy: str, service: str, bucket: str = "") -> bool:
    """Whether no request to the service can pass: nothing is allowed, or everything is denied.

    :param policy: the PolicyDocument of an endpoint, "" where it has none
    :param service: of the endpoint, "s3" or "ecr.dkr"
    :param bucket: of S3; then it is about this bucket alone
    """
    if not policy:
        return False
    rows = statements(policy)
    prefix = _prefix(service)
    if any(_denies_all(row, prefix, bucket) for row in rows):
        return True
    return not any(
        row.get("Effect") == "Allow"
        and _may_allow(row, prefix)
        and (not bucket or _may_name_bucket(row, bucket))
        for row in rows
    )


def restricts(policy: str) -> bool:
    """Whether a policy is other than the default, which allows everything to everyone."""
    return bool(policy) and not all(
        row.get("Effect") == "Allow"
        and _listed(row.get("Action")) == ["*"]
        and _listed(row.get("Resource")) == ["*"]
        and _is_everyone(row)
        and not row.get("Condition")
        for row in statements(policy)
    )


def bucket_of(host: str) -> str:
    """Return the bucket that a host of S3 begins with, "" where there is none.

    Access points and directory buckets have other ARNs, which are not judged.
    """
    match = re.fullmatch(
        r"(?P<bucket>[a-z0-9][a-z0-9.-]+)\.s3(?:-fips)?(?:[.-](?:dualstack\.)?[a-z0-9-]+)?"
        r"\.amazonaws\.com(?:\.cn)?",
        host,
    )
    return match["bucket"] if match and not match["bucket"].startswith("bucket.vpce-") else ""


def statements(policy: str) -> list[Row]:
    """The statements of a policy document."""
    rows = json.loads(policy).get("Statement", [])
    return rows if isinstance(rows, list) else [rows]


def _prefix(service: str) -> str:
    """The prefix of the service's actions; "" where it is not known for sure."""
    first = service.partition(".")[0]
    return _PREFIXES.get(first, first if first in _SAME else "")


def _denies_all(row: Row, prefix: str, bucket: str) -> bool:
    if row.get("Effect") != "Deny" or row.get("Condition") or not _is_everyone(row):
        return False
    actions, resources = _listed(row.get("Action")), _listed(row.get("Resource"))
    of_all = {"*", f"{prefix}:*"} if prefix else {"*"}
    if not of_all & {each.lower() for each in actions}:
        return False
    objects = any(_covers_bucket(each, f"{bucket}/") for each in resources)
    return "*" in resources or (bool(bucket) and objects)


def _is_everyone(row: Row) -> bool:
    principal = row.get("Principal")
    return principal == "*" or (
        isinstance(principal, dict) and "*" in _listed(principal.get("AWS"))
    )


def _may_allow(row: Row, prefix: str) -> bool:
    """Whether a statement has an action of the service, as far as the prefixes are known."""
    if not prefix or "Action" not in row:
        return "*" not in _listed(row.get("NotAction"))
    heads = (each.lower().partition(":")[0] for each in _listed(row["Action"]))
    return any(fnmatchcase(prefix, head) for head in heads)


def _may_name_bucket(row: Row, bucket: str) -> bool:
    if "Resource" not in row:  # NotResource: all others
        excluded = _listed(row.get("NotResource"))
        return not any(_covers_bucket(each, bucket) for each in excluded)
    return any(_meets_bucket(each, bucket) for each in _listed(row["Resource"]))


def _covers_bucket(pattern: str, bucket: str) -> bool:
    """Whether a pattern matches everything that begins with the bucket."""
    resource = pattern.split(":", 5)[-1]
    if pattern == "*" or resource == "*":
        return True
    return resource.endswith("*") and fnmatchcase(bucket, resource)


def _meets_bucket(pattern: str, bucket: str) -> bool:
    """Whether a pattern may match the bucket or something in it."""
    if pattern == "*" or "${" in pattern:
        return True
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return fnmatchcase(f"arn:aws:s3:::{bucket}/x", pattern)
    if not fnmatchcase("s3", parts[2]):
        return False
    head = parts[5].partition("/")[0]
    return fnmatchcase(bucket, head) or fnmatchcase(f"{bucket}/x", parts[5])


def _listed(value: object) -> list[str]:
    """A member of a statement that is one text or several."""
    if value is None:
        return []
    several: Iterable[object] = value if isinstance(value, list) else [value]
    return [str(each) for each in several]
