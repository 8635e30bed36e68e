"""`rie deploy --delete`: a stack removed, after a look at what goes and what stays.

Source: DeleteStack and "DeletionPolicy attribute", AWS CloudFormation.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rie.console import say
from rie.deployment.account import explained
from rie.deployment.confirmation import confirmed
from rie.deployment.following import End, follow, newest_event
from rie.deployment.stack import Stack, require_idle, resources
from rie.deployment.template import parsed, section
from rie.errors import BenchError

Row = tuple[str, str, str]  # logical id, type, physical id


@dataclass(frozen=True)
class Contents:
    """A stack's resources. `logs`: what becomes of the function's log group, in words."""

    removed: tuple[Row, ...]
    kept: tuple[Row, ...]
    logs: str


def contents(client: Any, stack: Stack) -> Contents:
    """What the deletion of `stack` removes and what it leaves. Raises BenchError."""
    if stack.status == "REVIEW_IN_PROGRESS":  # it has no template and no resource yet
        return Contents((), (), "")
    with explained():
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


def remove(client: Any, stack: Stack, *, yes: bool) -> tuple[Contents, End | None]:
    """Remove `stack`; the end is None when the answer was no. Raises BenchError."""
    require_idle(stack)
    if stack.protected:
        raise BenchError(
            f"stack {stack.name} is protected against deletion",
            "aws cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {stack.name}, then repeat",
        )
    found = contents(client, stack)
    _show(stack, found)
    if not confirmed(f"Remove the stack {stack.name}?", yes=yes):
        return found, None
    after = newest_event(client, stack.id)
    with explained():
        client.delete_stack(StackName=stack.id, ClientRequestToken=str(uuid.uuid4()))
    return found, follow(client, stack.id, after)


def _stays(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("DeletionPolicy", "Delete") != "Delete")


def _logs(declared: Mapping[str, Mapping[str, Any]]) -> str:
    groups = [one for one in declared.values() if one.get("Type") == "AWS::Logs::LogGroup"]
    if not groups:
        return "The log group that Lambda made itself (/aws/lambda/…) stays: delete it by hand."
    if all(_stays(group) for group in groups):
        return "The log group stays, with the logs in it: delete it by hand."
    return "The log group goes, too, with the logs in it."


def _show(stack: Stack, found: Contents) -> None:
    from surefoot.kit.tables import format_table

    headings = ("logical id", "type", "name")
    if found.removed:
        removed = format_table(headings, found.removed)
        say(f"The stack {stack.name} ({stack.status}) goes, with:\n{removed}")
    else:
        say(f"The stack {stack.name} ({stack.status}) goes; there is nothing in it.")
    if found.kept:
        say(f"What stays, because its template says so:\n{format_table(headings, found.kept)}")
    if found.logs:
        say(found.logs)
    say("The image stays in ECR.")
