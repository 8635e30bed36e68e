"""Whether the whole stack goes, or only the custom resource while its functions stay in use.

CloudFormation sends the same Delete when a stack is deleted and when an update drops or renames the
resource. Only the first is a reason to cut functions off from their VPC.
Source: "Stack status codes", AWS CloudFormation User Guide.
"""

from __future__ import annotations

from .aws import Calls

# Everything that was created is removed in these. Not so in the roll-back of an update.
_GOING = ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


def status(calls: Calls, stack_id: str) -> str:
    """Return the status of a stack."""
    client = calls.client("cloudformation")
    answer = calls.make("describe", "cloudformation", client.describe_stacks, StackName=stack_id)
    return str(answer["Stacks"][0]["StackStatus"])


def is_going(status: str) -> bool:
    """Tell whether a stack of this status is about to lose all of its resources."""
    return status in _GOING
