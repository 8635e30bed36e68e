"""Deploys a plan: change set created, shown, confirmed and executed; stack followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from rie.aws.deploy import changeset
from rie.aws.deploy.changeset import Change
from rie.aws.deploy.plan import Plan
from rie.aws.deploy.stack_events import StackOutcome, follow, newest_event
from rie.console import confirm, print_progress
from rie.errors import UserError


@dataclass(frozen=True)
class Result:
    """`operation` is create, update or none; `end` is None when nothing was executed."""

    operation: str
    declined: bool = False
    changes: tuple[Change, ...] = ()
    end: StackOutcome | None = None


def deploy(
    plan: Plan, *, dry_run: bool, yes: bool, show: Callable[[Sequence[Change]], None]
) -> Result:
    """Pass the changes of `plan` to `show` and, unless `dry_run`, make them after a confirmation.

    A change set that is not executed is deleted again, with the empty stack that it was created
    for. Raises UserError; a failed operation is not an exception, see Result.end.
    """
    operation = "update" if plan.deployed else "create"
    print_progress(
        f"Creating a change set for {plan.name} in {plan.account.number}, {plan.account.region} …"
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
        print_progress(f"No changes: {plan.name} already matches {plan.template.path}.")
        return Result("none")
    accepted = False
    try:
        show(made.changes)
        accepted = not dry_run and confirm(f"Make these changes to {plan.name}?", yes=yes)
        after = newest_event(plan.client, made.stack_id) if accepted else ""
    except BaseException:
        changeset.discard_after_error(plan.client, made)
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
        if isinstance(error.__cause__, ClientError):  # refused: nothing has begun
            changeset.discard_after_error(plan.client, made)
            raise
        raise UserError(
            f"no answer to ExecuteChangeSet, which may have arrived: {error.reason}",
            "repeat the command: it says when the stack is busy, or that there are no changes left",
        ) from error
