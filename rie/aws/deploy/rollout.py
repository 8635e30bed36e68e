"""A plan carried out: change set made, shown, confirmed, executed, followed to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from rie.aws.deploy import changes, changeset
from rie.aws.deploy.changes import Change
from rie.aws.deploy.confirmation import confirmed
from rie.aws.deploy.plan import Plan
from rie.aws.deploy.stack_events import StackOutcome, follow, newest_event
from rie.console import print_progress
from rie.errors import UserError


@dataclass(frozen=True)
class Result:
    """`operation` is create, update or none; `end` is None when nothing was executed."""

    operation: str
    declined: bool = False
    changes: tuple[Change, ...] = ()
    end: StackOutcome | None = None


def deploy(plan: Plan, *, dry_run: bool, yes: bool, show: Callable[[str], None]) -> Result:
    """Deploy `plan`, or with `dry_run` hand the table of changes to `show` and change nothing.

    A change set that is not executed is removed again, and the empty stack with it that it was made
    for. Raises UserError; a stack that ends badly is no error here, see Result.end.
    """
    operation = "update" if plan.deployed else "create"
    print_progress(
        f"Making a change set for {plan.name} in {plan.account.number}, {plan.account.region} …"
    )
    try:
        made = changeset.create(
            plan.client,
            plan.name,
            creates=plan.deployed is None,
            body=plan.template.body,
            parameters=plan.values.for_api(),
            capabilities=plan.template.capabilities(),
            tags={"surefoot:function": plan.function},
        )
    except changeset.NoChangesError:
        print_progress(f"No changes: {plan.name} already is what {plan.template.path} says.")
        return Result("none")
    accepted = False
    try:
        show(changes.shown(made.changes))
        accepted = not dry_run and confirmed(f"Make these changes to {plan.name}?", yes=yes)
        after = newest_event(plan.client, made.stack_id) if accepted else ""
    except BaseException:
        changeset.discard_at_last(plan.client, made)
        raise
    if not accepted:
        changeset.discard(plan.client, made)
        print_progress("Nothing was changed.")
        return Result(operation, not dry_run, made.changes)
    _execute(plan, made)
    return Result(operation, False, made.changes, follow(plan.client, made.stack_id, after))


def _execute(plan: Plan, made: changeset.ChangeSet) -> None:
    try:
        changeset.execute(plan.client, made)
    except UserError as error:
        if isinstance(error.__cause__, ClientError):  # a plain no: nothing has begun
            changeset.discard_at_last(plan.client, made)
            raise
        raise UserError(
            f"no answer to the order to begin, which may have arrived: {error.reason}",
            "repeat the command: it says when the stack is busy, or that there are no changes left",
        ) from error
