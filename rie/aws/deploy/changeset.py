"""A change set: created, read, executed, deleted.

Every call has its own token, by which CloudFormation recognizes a retry of botocore's. Source:
"Update CloudFormation stacks using change sets", CloudFormation User Guide.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TextIO

from botocore.exceptions import ClientError

from rie.aws.account import explain_errors
from rie.aws.deploy import stack_events
from rie.console import format_table, print_progress
from rie.errors import UserError

_HEADINGS = ("action", "logical id", "type", "replacement", "because of")


@dataclass(frozen=True)
class Change:
    """A resource's change. `replacement` is True, False, Conditional, or empty if unknown."""

    action: str  # Add, Modify, Remove, Import, Dynamic
    logical_id: str
    physical_id: str
    type: str
    replacement: str
    causes: tuple[str, ...]  # properties, or Tags, Metadata and so on

    def record(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def read_change(entry: Mapping[str, Any]) -> Change:
    """A member of DescribeChangeSet's Changes."""
    change = entry.get("ResourceChange", {})
    targets = [detail.get("Target", {}) for detail in change.get("Details", [])]
    causes = dict.fromkeys(str(one.get("Name") or one.get("Attribute")) for one in targets if one)
    return Change(
        change.get("Action", "?"),
        change.get("LogicalResourceId", "?"),
        change.get("PhysicalResourceId", ""),
        change.get("ResourceType", "?"),
        change.get("Replacement", ""),
        tuple(causes),
    )


def format_changes(changes: Sequence[Change], stream: TextIO) -> str:
    """The changes as a table for `stream`, and a warning about resources that are lost."""
    if not changes:
        return "No resource changes; only parameters, outputs or tags change."
    rows = [
        (
            change.action,
            change.logical_id,
            change.type,
            change.replacement or None,
            ", ".join(change.causes) or None,
        )
        for change in changes
    ]
    text = format_table(_HEADINGS, rows, stream)
    lost = [one for one in changes if one.action == "Remove" or one.replacement == "True"]
    if lost:
        names = ", ".join(change.logical_id for change in lost)
        text += f"\n{len(lost)} will be removed or replaced, with their content: {names}"
    return text


LIMIT_S = 600.0
_REPORT_INTERVAL_S = 10.0
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")


class NoChangesError(Exception):
    """The stack already matches the template and the parameters."""


@dataclass(frozen=True)
class ChangeSet:
    """A change set that can be executed. `creates`: the stack was created for it and is empty."""

    id: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]


def create(
    client: Any,
    stack: str,
    *,
    creates: bool,
    body: str,
    parameters: list[dict[str, Any]],
    capabilities: list[str],
    tags: Mapping[str, str],
) -> ChangeSet:
    """Create a change set for the stack called `stack` and wait until it can be executed.

    Raises NoChangesError, and UserError when CloudFormation rejects it. Then, and when the wait is
    interrupted, it is deleted again.
    """
    name = f"surefoot-{uuid.uuid4().hex[:12]}"
    with explain_errors():
        try:
            made = client.create_change_set(
                StackName=stack,
                ChangeSetName=name,
                ChangeSetType="CREATE" if creates else "UPDATE",
                TemplateBody=body,
                Parameters=parameters,
                Capabilities=capabilities,
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                ClientToken=str(uuid.uuid4()),
            )
        except ClientError as error:
            if _says_no_changes(error.response["Error"].get("Message", "")):
                raise NoChangesError from error
            raise
    pending = ChangeSet(made["Id"], made["StackId"], creates, ())
    try:
        return _ready(client, pending)
    except BaseException:
        discard_after_error(client, pending)
        raise


def execute(client: Any, change_set: ChangeSet) -> None:
    """Start making the changes; see stack_events.follow."""
    with explain_errors():
        client.execute_change_set(
            ChangeSetName=change_set.id,
            StackName=change_set.stack_id,
            ClientRequestToken=str(uuid.uuid4()),
        )


def discard(client: Any, change_set: ChangeSet) -> None:
    """Delete a change set that was not executed, and the empty stack that was created for it."""
    with explain_errors():
        client.delete_change_set(ChangeSetName=change_set.id, StackName=change_set.stack_id)
        if not change_set.creates:
            return
        found = client.describe_stacks(StackName=change_set.stack_id)["Stacks"][0]
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            client.delete_stack(StackName=change_set.stack_id, ClientRequestToken=str(uuid.uuid4()))


def discard_after_error(client: Any, change_set: ChangeSet) -> None:
    """Discard it without raising, so that the error that is being handled is not hidden."""
    try:
        discard(client, change_set)
    except UserError as error:
        print_progress(f"note: the change set {change_set.id} is still there: {error.reason}")


def _ready(client: Any, pending: ChangeSet) -> ChangeSet:
    """Poll until CloudFormation has computed the changes."""
    started = reported_at = time.monotonic()
    while True:
        with explain_errors():
            answer = client.describe_change_set(
                ChangeSetName=pending.id, StackName=pending.stack_id
            )
        status, reason = answer["Status"], answer.get("StatusReason", "no reason was given")
        if status == "CREATE_COMPLETE":
            return ChangeSet(
                pending.id, pending.stack_id, pending.creates, _changes(client, pending, answer)
            )
        if status == "FAILED":
            if _says_no_changes(reason):
                raise NoChangesError
            raise UserError(
                f"CloudFormation did not create the change set: {reason}",
                "correct the template or the parameters; nothing was changed",
            )
        now = time.monotonic()
        if now - started > LIMIT_S:
            raise UserError(
                f"the change set is still {status} after {LIMIT_S:.0f} s: {reason}",
                "repeat later; nothing was changed",
            )
        if now - reported_at >= _REPORT_INTERVAL_S:
            print_progress(f"  {status} for {now - started:.0f} s …")
            reported_at = now
        time.sleep(stack_events.POLL_INTERVAL_S)


def _changes(client: Any, pending: ChangeSet, page: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes of the first page, which is here, and of all others."""
    changes = [read_change(entry) for entry in page.get("Changes", [])]
    while token := page.get("NextToken"):
        with explain_errors():
            page = client.describe_change_set(
                ChangeSetName=pending.id, StackName=pending.stack_id, NextToken=token
            )
        changes += [read_change(entry) for entry in page.get("Changes", [])]
    return tuple(changes)


def _says_no_changes(reason: str) -> bool:
    return any(words in reason for words in _NO_CHANGES)
