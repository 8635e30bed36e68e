"""A change set: what it would do, and its execution by API.

Source: DescribeChangeSet and ExecuteChangeSet, AWS CloudFormation API Reference.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_deploy.errors import RequestError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_NOT_FOUND_CODES = frozenset({"ChangeSetNotFound", "ChangeSetNotFoundException"})
_WRONG_STATUS_CODES = frozenset({"InvalidChangeSetStatus", "InvalidChangeSetStatusException"})
_EXECUTED_STATUSES = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


@dataclass(frozen=True)
class ChangeSet:
    """`execution` is its execution status; each change is (action, resource, type, replacement)."""

    name: str
    execution: str
    reason: str
    changes: Sequence[dict[str, str]]


def name_for(request_id: str) -> str:
    """Name the change set of an invocation: the same for a retry, which then replaces it."""
    return f"surefoot-{re.sub('[^A-Za-z0-9]+', '-', request_id)}"[:128]


def find(client: CloudFormationClient, stack: str, name: str) -> ChangeSet | None:
    """Return the change set, or None if there is none."""
    from botocore.exceptions import ClientError

    changes = []
    first = None
    try:
        pages = client.get_paginator("describe_change_set").paginate(
            ChangeSetName=name, StackName=stack
        )
        for page in pages:
            first = first or page
            changes += [change.get("ResourceChange", {}) for change in page.get("Changes", ())]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _NOT_FOUND_CODES or (
            code == "ValidationError" and "does not exist" in str(error)
        ):
            return None
        raise
    if first is None:
        return None
    return ChangeSet(
        name,
        first["ExecutionStatus"],
        first.get("StatusReason", ""),
        [
            {
                "action": change.get("Action", ""),
                "resource": change.get("LogicalResourceId", ""),
                "type": change.get("ResourceType", ""),
                "replacement": change.get("Replacement", "False"),
            }
            for change in changes
        ],
    )


def execute(
    client: CloudFormationClient, deployer: CloudFormationClient, stack: str, name: str
) -> bool:
    """Begin to execute a change set; False if that was done before, which is not an error.

    `deployer` has the rights of the deploy role. Raises RequestError if there is no such change
    set, or it cannot be executed any more.
    """
    from botocore.exceptions import ClientError

    if _was_executed(client, stack, name):
        return False
    try:
        deployer.execute_change_set(StackName=stack, ChangeSetName=name, ClientRequestToken=name)
    except ClientError as error:
        # Another invocation with the same event was faster.
        if error.response["Error"]["Code"] in _WRONG_STATUS_CODES and _was_executed(
            client, stack, name
        ):
            return False
        raise
    return True


def _was_executed(client: CloudFormationClient, stack: str, name: str) -> bool:
    found = find(client, stack, name)
    if found is None:
        raise RequestError(f"the stack {stack} has no change set {name}", "prepare one first")
    if found.execution in _EXECUTED_STATUSES:
        return True
    if found.execution != "AVAILABLE":
        raise RequestError(
            f"the change set {name} of {stack} is {found.execution}"
            + (f" ({found.reason})" if found.reason else ""),
            "prepare a new one",
        )
    return False
