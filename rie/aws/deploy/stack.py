"""A function's stack: its state, and whether that allows a deployment.

Source: "Stack status codes", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rie.aws.account import Account, explain_errors
from rie.errors import UserError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
_SETTLED = frozenset(
    [
        *["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"],
        *["IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"],
    ]
)
_DELETE = "delete it with --delete, then deploy again"
# States that nothing can be deployed to: what each means, and the remedy.
_STUCK = {
    "ROLLBACK_COMPLETE": (
        "its creation failed and was rolled back; such a stack stays empty",
        _DELETE,
    ),
    "ROLLBACK_FAILED": ("its creation failed, and so did the rollback", _DELETE),
    "CREATE_FAILED": ("its creation failed and was not rolled back", _DELETE),
    "DELETE_FAILED": ("its deletion failed", "repeat --delete; it names the resources that failed"),
    "REVIEW_IN_PROGRESS": (
        "it was created for a change set that was never executed, so it is empty",
        "execute that change set in the console, or delete the stack with --delete",
    ),
    "UPDATE_FAILED": (
        "an update failed and was not rolled back",
        "aws cloudformation rollback-stack --stack-name {name}, then deploy again",
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "an update failed, and so did the rollback",
        (
            "fix what its events name, then: "
            "aws cloudformation continue-update-rollback --stack-name {name}"
        ),
    ),
}
_BUSY = (
    "another operation on it is in progress",
    "wait for its end (aws cloudformation describe-stack-events --stack-name {name}); repeat",
)
_UNKNOWN = ("this state is unknown to surefoot", "see the stack in the CloudFormation console")


@dataclass(frozen=True)
class Stack:
    """`parameters` and `outputs` by name; `protected` is against deletion."""

    name: str
    id: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    protected: bool


def name_for(function: str, chosen: str | None) -> str:
    """The stack's name: `chosen`, or surefoot-FUNCTION. Raises UserError for a bad one."""
    name = chosen or "surefoot-" + re.sub(r"[^a-z0-9]+", "-", function.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be the name of a stack",
            "give --stack letters, digits and dashes, a letter first, at most 128",
        )
    return name


def describe_stack(client: Any, name_or_id: str) -> Stack | None:
    """The stack, or None when there is none of that name. Raises UserError."""
    with explain_errors():
        try:
            found = client.describe_stacks(StackName=name_or_id)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in error.response["Error"].get("Message", ""):
                return None
            raise
    return Stack(
        found["StackName"],
        found["StackId"],
        found["StackStatus"],
        {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])},
        {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        bool(found.get("EnableTerminationProtection", False)),
    )


def require_settled(stack: Stack) -> None:
    """Raise UserError if nothing can be deployed to `stack` in its state."""
    if stack.status in _SETTLED:
        return
    reason, remedy = _STUCK.get(stack.status) or (
        _BUSY if stack.status.endswith("_IN_PROGRESS") else _UNKNOWN
    )
    raise UserError(
        f"stack {stack.name} is in {stack.status}: {reason}", remedy.format(name=stack.name)
    )


def require_idle(stack: Stack) -> None:
    """Raise UserError while an operation on `stack` is in progress."""
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        require_settled(stack)


def function_arn(account: Account, client: Any, stack: Stack) -> str | None:
    """The ARN of the stack's function: its output FunctionArn, else that of its only function."""
    if "FunctionArn" in stack.outputs:
        return stack.outputs["FunctionArn"]
    names = [
        resource.get("PhysicalResourceId", "")
        for resource in resources(client, stack.id)
        if resource["ResourceType"] == "AWS::Lambda::Function"
    ]
    if len(names) != 1:
        return None
    partition = stack.id.split(":")[1]
    return f"arn:{partition}:lambda:{account.region}:{account.number}:function:{names[0]}"


def resources(client: Any, stack_id: str) -> list[dict[str, Any]]:
    """The StackResourceSummaries of a stack."""
    with explain_errors():
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack_id)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]
