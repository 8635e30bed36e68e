"""`rie deploy`: a function's stack, created or updated by a change set that is shown first."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import print_progress
from rie.errors import UserError
from rie.images.architecture import ARCHITECTURES

if TYPE_CHECKING:
    from rie.aws.deploy.plan import Plan
    from rie.aws.deploy.stack_events import StackOutcome

EPILOG = """examples:
  rie deploy echo --dry-run               what would change, and nothing else
  rie deploy echo --image URI@sha256:…    the image that `make push` printed
  rie deploy echo --parameter MemorySize=256 --yes
  rie deploy echo --delete

exit codes:
  0  done, or there was nothing to do
  1  refused, failed or not confirmed; stderr says what to do
  2  wrong usage
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie deploy`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("function", help="name in functions/, or a directory with a template.yaml")
    parser.add_argument(
        "--image",
        metavar="URI",
        help="image in ECR by digest or tag (default: the tag that `make push` gives this commit)",
    )
    parser.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="what the image was built for (default: as its tag says, else as deployed)",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the template (default: as deployed, else the template's default)",
    )
    parser.add_argument("--stack", metavar="NAME", help="default: surefoot-FUNCTION")
    parser.add_argument("--region", help="default: that of the AWS configuration")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="show the changes, make none")
    what.add_argument("--delete", action="store_true", help="remove the stack")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print what was done as JSON")


def execute(args: argparse.Namespace) -> int:
    """Deploy or remove; the function's ARN goes to stdout. Raises UserError."""
    from rie.aws.deploy.confirmation import require_interactive

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
    table_is_the_result = args.dry_run and not args.json
    result = rollout.deploy(
        made,
        dry_run=args.dry_run,
        yes=args.yes,
        show=print if table_is_the_result else print_progress,
    )
    record = _record(made.name, made.account.number, made.account.region, result.operation)
    record |= {"image": made.image, "changes": [one.record() for one in result.changes]}
    record |= _ending(result.end)
    if result.end is not None and not result.end.succeeded:
        _print(args, record)
        raise UserError(
            f"stack {made.name} ended in {result.end.status}:\n  {result.end.told()}",
            _remedy(result.end),
        )
    if result.declined:
        return 1
    _print(args, record | ({} if args.dry_run else _outputs(args, made)))
    return 0


def _outputs(args: argparse.Namespace, made: Plan) -> dict[str, Any]:
    """Outputs and what to type next on stderr, the ARN on stdout; both are for the record, too."""
    from rie.aws.deploy import stack

    now = stack.describe_stack(made.client, made.name)
    if now is None:
        raise UserError(f"stack {made.name} has vanished", "somebody removed it; deploy again")
    for key, value in now.outputs.items():
        print_progress(f"  {key}: {value}")
    arn = stack.function_arn(made.account, made.client, now)
    if arn is None:
        print_progress(f"note: {made.name} has no output FunctionArn, and not exactly one function")
    else:
        print_progress(
            f"Next: make invoke TARGET={arn.rpartition(':')[2]} FUNCTION={args.function}"
        )
        if not args.json:
            print(arn)
    return {"outputs": now.outputs, "function_arn": arn}


def _delete(args: argparse.Namespace) -> int:
    from rie.aws.account import open_account
    from rie.aws.deploy import delete, stack

    _refuse_beside_delete(args)
    name = stack.name_for(Path(args.function).resolve().name, args.stack)
    account = open_account(args.region)
    client = account.client("cloudformation")
    found = stack.describe_stack(client, name)
    if found is None:
        print_progress(
            f"There is no stack {name} in {account.number}, {account.region}: nothing to remove."
        )
        _print(args, _record(name, account.number, account.region, "none") | _ending(None))
        return 0
    gone, end = delete.remove(client, found, yes=args.yes)
    if end is None:
        print_progress("Nothing was changed.")
        return 1
    record = _record(name, account.number, account.region, "delete")
    record |= {"removed": [row[0] for row in gone.removed], "kept": [row[0] for row in gone.kept]}
    _print(args, record | _ending(end))
    if not end.succeeded:
        raise UserError(
            f"stack {name} ended in {end.status}:\n  {end.told()}",
            "mend that, then repeat --delete; or delete it in the console, keeping what resists",
        )
    print_progress(f"Stack {name} is gone.")
    return 0


def _refuse_beside_delete(args: argparse.Namespace) -> None:
    for option in ("image", "arch", "parameter"):
        if getattr(args, option):
            raise UserError(
                f"--{option} has no meaning beside --delete", "leave one of the two out"
            )


def _remedy(end: StackOutcome) -> str:
    if end.status.startswith("ROLLBACK"):
        return "mend that, remove what is left with --delete, then deploy again"
    if end.status == "UPDATE_ROLLBACK_COMPLETE":
        return "mend that, then deploy again; what ran before runs still"
    return "mend that, then deploy again: it says what the stack needs first"


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
