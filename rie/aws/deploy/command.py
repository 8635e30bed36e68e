"""`rie deploy`: a function's stack, created or updated with a change set that is shown first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.cli import describe
from rie.console import print_progress, print_result, require_interactive
from rie.errors import UserError
from rie.images.architecture import ARCHITECTURES

if TYPE_CHECKING:
    from rie.aws.deploy.changeset import Change
    from rie.aws.deploy.plan import Plan
    from rie.aws.deploy.stack_events import StackOutcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie deploy`."""
    describe(
        parser,
        """Create, update or delete a function's CloudFormation stack.

        Shows the changes and asks before it makes them, then shows the stack's events. The image is
        deployed by digest. Prints the function's ARN to stdout and everything else to stderr.""",
        examples=[
            "deploy echo --dry-run",
            "deploy echo --image URI@sha256:DIGEST    the URI that `make push` printed",
            "deploy echo --parameter MemorySize=256 --yes",
            "deploy echo --delete",
        ],
        exit_codes={
            0: "done, or there was nothing to do",
            1: "refused, failed or not confirmed; stderr says what to do",
            2: "wrong usage",
        },
    )
    parser.add_argument(
        "function",
        metavar="FUNCTION",
        help="Name in functions/, or a directory with a template.yaml.",
    )
    what = parser.add_argument_group("What to deploy")
    what.add_argument(
        "--image",
        metavar="URI",
        help="Image in ECR by digest or tag. [default: the tag that `make push` gives this commit]",
    )
    what.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="Architecture of the image. [default: as its tag says, or as deployed]",
    )
    what.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="Parameter of the template (repeatable). [default: as deployed, or the template's]",
    )
    what.add_argument(
        "--stack", metavar="NAME", help="Name of the stack. [default: surefoot-FUNCTION]"
    )
    what.add_argument("--region", help="AWS region. [default: the AWS configuration's]")
    how = parser.add_argument_group("What to do").add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="Show the changes and make none.")
    how.add_argument("--delete", action="store_true", help="Delete the stack.")
    parser.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")
    parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")


def execute(args: argparse.Namespace) -> int:
    """Deploy or delete; prints the function's ARN to stdout. Raises UserError."""
    if not args.dry_run:
        require_interactive(yes=args.yes)
    return _delete(args) if args.delete else _deploy(args)


def _deploy(args: argparse.Namespace) -> int:
    from rie.aws.deploy import plan, rollout

    made = plan.make(
        args.function,
        stack_name=args.stack,
        image_uri=args.image,
        architecture=args.arch,
        parameter_words=args.parameter,
        region=args.region,
    )
    result = rollout.deploy(
        made,
        dry_run=args.dry_run,
        yes=args.yes,
        show=_print_changes if args.dry_run and not args.json else _report_changes,
    )
    record = _record(made.name, made.account.number, made.account.region, result.operation)
    record |= {"image": made.image, "changes": [one.record() for one in result.changes]}
    record |= _ending(result.end)
    if result.end is not None and not result.end.succeeded:
        _print(args, record)
        raise UserError(
            f"stack {made.name} ended in {result.end.status}:\n  {result.end.describe()}",
            _remedy(result.end),
        )
    if result.declined:
        return 1
    _print(args, record | ({} if args.dry_run else _outputs(args, made)))
    return 0


def _print_changes(changes: Sequence[Change]) -> None:
    """The changes are the result of a dry run."""
    from rie.aws.deploy.changeset import format_changes

    print_result(format_changes(changes, sys.stdout))


def _report_changes(changes: Sequence[Change]) -> None:
    from rie.aws.deploy.changeset import format_changes

    print_progress(format_changes(changes, sys.stderr))


def _outputs(args: argparse.Namespace, made: Plan) -> dict[str, Any]:
    """Print outputs and the next command to stderr, the ARN to stdout; both as a record."""
    from rie.aws.deploy import stack

    now = stack.describe_stack(made.client, made.name)
    if now is None:
        raise UserError(f"stack {made.name} does not exist any more", "deploy again")
    for key, value in now.outputs.items():
        print_progress(f"  {key}: {value}")
    arn = stack.function_arn(made.account, made.client, now)
    if arn is None:
        print_progress(f"note: {made.name} has no output FunctionArn and not exactly one function")
    else:
        print_progress(
            f"Next: make invoke TARGET={arn.rpartition(':')[2]} FUNCTION={args.function}"
        )
        if not args.json:
            print_result(arn)
    return {"outputs": now.outputs, "function_arn": arn}


def _delete(args: argparse.Namespace) -> int:
    from rie.aws.account import open_account
    from rie.aws.deploy import delete, stack

    _check_delete_options(args)
    name = stack.name_for(Path(args.function).resolve().name, args.stack)
    account = open_account(args.region)
    client = account.client("cloudformation")
    found = stack.describe_stack(client, name)
    if found is None:
        print_progress(
            f"There is no stack {name} in {account.number}, {account.region}: nothing to delete."
        )
        _print(args, _record(name, account.number, account.region, "none") | _ending(None))
        return 0
    gone, end = delete.delete_stack(client, found, yes=args.yes)
    if end is None:
        print_progress("Nothing was changed.")
        return 1
    record = _record(name, account.number, account.region, "delete")
    record |= {"removed": [row[0] for row in gone.removed], "kept": [row[0] for row in gone.kept]}
    _print(args, record | _ending(end))
    if not end.succeeded:
        raise UserError(
            f"stack {name} ended in {end.status}:\n  {end.describe()}",
            "fix that, then repeat --delete; or delete it in the console and retain the rest",
        )
    print_progress(f"Stack {name} is deleted.")
    return 0


def _check_delete_options(args: argparse.Namespace) -> None:
    for option in ("image", "arch", "parameter"):
        if getattr(args, option):
            raise UserError(f"--{option} cannot be used with --delete", "omit one of the two")


def _remedy(end: StackOutcome) -> str:
    if end.status.startswith("ROLLBACK"):
        return "fix that, delete the rest with --delete, then deploy again"
    if end.status == "UPDATE_ROLLBACK_COMPLETE":
        return "fix that, then deploy again; the previous version still runs"
    return "fix that, then deploy again: it reports what the stack needs first"


def _record(name: str, account: str, region: str, operation: str) -> dict[str, Any]:
    """What --json always has; `version` changes when a key changes its meaning."""
    where = {"stack": name, "account": account, "region": region}
    return {"version": 1, **where, "operation": operation}


def _ending(end: StackOutcome | None) -> dict[str, Any]:
    failures = [one.record() for one in end.failures] if end else []
    return {"status": end.status if end else None, "failures": failures}


def _print(args: argparse.Namespace, record: dict[str, Any]) -> None:
    if args.json:
        print(json.dumps(record))
