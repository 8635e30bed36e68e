"""A change set: what it would do, and its execution by API.

Source: DescribeChangeSet and ExecuteChangeSet, AWS CloudFormation API Reference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdk_deploy.errors import RequestError

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_NOT_FOUND_CODES = frozenset({"ChangeSetNotFound", "ChangeSetNotFoundException"})
_WRONG_STATUS_CODES = frozenset({"InvalidChangeSetStatus", "InvalidChangeSetStatusException"})
# What a person would miss. Readers of a cluster may come and go.
_WITH_DATA = frozenset(
    {
        *("AWS::DocDB::DBCluster", "AWS::RDS::DBCluster", "AWS::Neptune::DBCluster"),
        *("AWS::DocDBElastic::Cluster", "AWS::RDS::DBInstance", "AWS::DynamoDB::Table"),
        *("AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::EFS::FileSystem"),
        *("AWS::ElastiCache::ReplicationGroup", "AWS::OpenSearchService::Domain"),
        *("AWS::Redshift::Cluster", "AWS::SQS::Queue", "AWS::Kinesis::Stream", "AWS::KMS::Key"),
        *("AWS::SecretsManager::Secret", "AWS::EC2::Volume", "AWS::Cognito::UserPool"),
        *("AWS::Logs::LogGroup", "AWS::ECR::Repository", "AWS::MSK::Cluster"),
    }
)
_EXECUTED_STATUSES = frozenset({"EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"})


@dataclass(frozen=True)
class ChangeSet:
    """`execution` is its execution status; each change is (action, resource, type, replacement).

    `id` is another one each time that the change set is created.
    """

    name: str
    id: str
    execution: str
    reason: str
    changes: Sequence[dict[str, str]]

    @property
    def digest(self) -> str:
        """Equal for change sets that do the same."""
        return hashlib.sha256(json.dumps(self.changes, sort_keys=True).encode()).hexdigest()

    @property
    def losses(self) -> list[str]:
        """The resources with data that it would remove or replace."""
        return [
            f"{change['type']} {change['resource']}"
            for change in self.changes
            if change["type"] in _WITH_DATA
            and (change["action"] == "Remove" or change["replacement"] != "False")
        ]


def name_for(stack: str, context: Mapping[str, str]) -> str:
    """Name the change set of a stack and a context.

    The same `prepare` again replaces it: of two change sets, CloudFormation would make one OBSOLETE
    when the other is executed.
    """
    text = json.dumps([stack, dict(context)], sort_keys=True)
    return f"surefoot-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


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
        first.get("ChangeSetId", ""),
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


def is_being_executed(found: ChangeSet | None) -> bool:
    """Return whether CloudFormation executes it at the moment."""
    return found is not None and found.execution == "EXECUTE_IN_PROGRESS"


def execute(
    client: CloudFormationClient,
    deployer: CloudFormationClient,
    stack: str,
    name: str,
    approved: str = "",
) -> bool:
    """Begin to execute a change set; False if that was done before, which is not an error.

    :param deployer: has the rights of the deploy role
    :param approved: the digest of what was approved; empty for what is there
    :raises RequestError: there is no such change set, it does something else than was approved, or
        it cannot be executed any more
    """
    from botocore.exceptions import ClientError

    found = _find_executable(client, stack, name)
    if found is None:
        return False
    if approved and found.digest != approved:
        raise RequestError(
            f"the change set {name} of {stack} was prepared again, and its changes are others",
            "look at them with prepare, and execute that",
        )
    try:
        deployer.execute_change_set(
            StackName=stack,
            # By its id: the name could be that of a newer one in the next moment.
            ChangeSetName=found.id or name,
            # A token is remembered, and the name is the same every night.
            ClientRequestToken=_token(found),
        )
    except ClientError as error:
        # Another invocation with the same event was faster.
        wrong_status = error.response["Error"]["Code"] in _WRONG_STATUS_CODES
        if wrong_status and _find_executable(client, stack, name) is None:
            return False
        raise
    return True


def _token(found: ChangeSet) -> str:
    return hashlib.sha256(f"{found.id or found.name}".encode()).hexdigest()


def _find_executable(client: CloudFormationClient, stack: str, name: str) -> ChangeSet | None:
    """Return the change set, or None if it was executed before. Raises RequestError."""
    found = find(client, stack, name)
    if found is None:
        raise RequestError(f"the stack {stack} has no change set {name}", "prepare one first")
    if found.execution in _EXECUTED_STATUSES:
        return None
    if found.execution != "AVAILABLE":
        raise RequestError(
            f"the change set {name} of {stack} is {found.execution}"
            + (f" ({found.reason})" if found.reason else ""),
            "prepare a new one",
        )
    return found
