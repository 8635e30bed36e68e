"""`rie deploy --delete`: deletes a stack, after showing what is deleted and what is kept.

Source: DeleteStack and "DeletionPolicy attribute", AWS CloudFormation.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rie.aws.account import explain_errors
from rie.aws.deploy.stack import Stack, require_idle, resources
from rie.aws.deploy.stack_events import StackOutcome, follow, newest_event
from rie.aws.deploy.template import parsed, section
from rie.console import confirm, format_table, print_progress
from rie.errors import UserError

Row = tuple[str, str, str]  # logical id, type, physical id


@dataclass(frozen=True)
class Contents:
    """A stack's resources. `logs` says what happens to its log group."""

    removed: tuple[Row, ...]
    kept: tuple[Row, ...]
    logs: str


def contents(client: Any, stack: Stack) -> Contents:
    """What deleting `stack` deletes and what it keeps. Raises UserError."""
    if stack.status == "REVIEW_IN_PROGRESS":  # it has no template and no resource yet
        return Contents((), (), "")
    with explain_errors():
        body = client.get_template(StackName=stack.id)["TemplateBody"]
    declared = section(parsed(body), "Resources")
    rows = [
        (one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId", ""))
        for one in resources(client, stack.id)
        if one["LogicalResourceId"] and one["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    staying = {name for name, resource in declared.items() if _stays(resource)}
    return Contents(
        tuple(row for row in rows if row[0] not in staying),
        tuple(row for row in rows if row[0] in staying),
        _logs(declared),
    )


def delete_stack(client: Any, stack: Stack, *, yes: bool) -> tuple[Contents, StackOutcome | None]:
    """Delete `stack` after a confirmation; without it the outcome is None. Raises UserError."""
    require_idle(stack)
    if stack.protected:
        raise UserError(
            f"stack {stack.name} is protected against deletion",
            "aws cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {stack.name}, then repeat",
        )
    found = contents(client, stack)
    _show(stack, found)
    if not confirm(f"Delete the stack {stack.name}?", yes=yes):
        return found, None
    after = newest_event(client, stack.id)
    with explain_errors():
        client.delete_stack(StackName=stack.id, ClientRequestToken=str(uuid.uuid4()))
    return found, follow(client, stack.id, after)


def _stays(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("DeletionPolicy", "Delete") != "Delete")


def _logs(declared: Mapping[str, Mapping[str, Any]]) -> str:
    groups = [one for one in declared.values() if one.get("Type") == "AWS::Logs::LogGroup"]
    if not groups:
        return "The log group that Lambda created (/aws/lambda/…) is kept: delete it manually."
    if all(_stays(group) for group in groups):
        return "The log group is kept with its logs: delete it manually."
    return "The log group is deleted with its logs."


def _show(stack: Stack, found: Contents) -> None:
    headings = ("logical id", "type", "name")
    what = f"Stack {stack.name} ({stack.status}) will be deleted"
    if found.removed:
        table = format_table(headings, found.removed, sys.stderr)
        print_progress(f"{what}, with these resources:\n{table}")
    else:
        print_progress(f"{what}; it has no resources.")
    if found.kept:
        table = format_table(headings, found.kept, sys.stderr)
        print_progress(f"These resources are kept, as the template says:\n{table}")
    if found.logs:
        print_progress(found.logs)
    print_progress("The image stays in ECR.")
