"""The tests on AWS: announced, confirmed, run, and everything removed whatever happens."""

from __future__ import annotations

import argparse
import json
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from rie.aws.account import Account, explain_errors, open_account
from rie.aws.deploy.stack import name_for
from rie.console import confirm, print_error, print_progress, require_interactive
from rie.errors import UserError
from tests.acceptance.aws import image as images
from tests.acceptance.aws.cost import describe_cost
from tests.acceptance.aws.resources import AwsResources
from tests.acceptance.aws.target import AwsTarget
from tests.acceptance.aws.template import make_template
from tests.acceptance.facts import hide
from tests.acceptance.functions import RESERVING
from tests.acceptance.run import AcceptanceRun

Report = Callable[[argparse.Namespace, AcceptanceRun, int, dict[str, Any]], int]


def execute(args: argparse.Namespace, report: Report) -> int:
    """Run the tests on AWS; the command's exit code. Raises UserError."""
    require_interactive(yes=args.yes, remedy="add --yes; --help says what is created")
    if bool(args.image) != bool(args.scaling_image):
        raise UserError(
            "--image and --scaling-image belong together", "give both, or neither to push both"
        )
    name = name_for("acceptance", args.stack or f"surefoot-acceptance-{uuid.uuid4().hex[:6]}")
    account = open_account(args.region)
    hide(account.number)
    resources = AwsResources(account, name)
    resources.require_absent()
    concurrency = read_concurrency(account)
    reserves = concurrency >= RESERVING
    pushed = images.find_images(account, args) if args.image else None
    if pushed is None:
        images.check_push(args, name)
    print_progress(_announce(account, name, args, reserves=reserves, concurrency=concurrency))
    if not confirm("Create this, run the tests and remove it again?", yes=args.yes):
        print_progress("Nothing was created.")
        return 1
    try:
        if pushed is None:
            requests = images.build_all(args, name)
            pushed = resources.push(lambda: images.push(requests))
        resources.deploy(pushed, reserves=reserves)
        run = AcceptanceRun(AwsTarget(account, name, concurrency))
        pytest_code = run.execute(args.select)
    finally:
        removed = _remove(resources)
    about = {
        "region": account.region,
        "images": [_digest(pushed.task), _digest(pushed.scaling)],
        "architecture": pushed.architecture,
    }
    code = report(args, run, pytest_code, about)
    return code if removed else code or 1


def read_concurrency(account: Account) -> int:
    """How many invocations the account allows at once besides those reserved elsewhere."""
    with explain_errors():
        settings = account.client("lambda").get_account_settings()
    return int(settings["AccountLimit"]["UnreservedConcurrentExecutions"])


def _announce(
    account: Account,
    name: str,
    args: argparse.Namespace,
    *,
    reserves: bool,
    concurrency: int,
) -> str:
    declared = json.loads(make_template(reserves=reserves))["Resources"].values()
    kinds = Counter(each["Type"].removeprefix("AWS::") for each in declared)
    lines = [f"In account {account.number}, {account.region}, this creates:"]
    if args.image:
        lines.append(f"  no image: {args.image} and {args.scaling_image} are used and stay")
    else:
        lines.append(f"  ECR repository {name} with two images that are built on {args.base}")
    lines.append(f"  CloudFormation stack {name} with {sum(kinds.values())} resources:")
    lines += [f"    {count} {kind}" for kind, count in sorted(kinds.items())]
    if not reserves:
        lines.append(
            f"  no reserved concurrency: the account allows {concurrency} invocations at once, "
            f"and {RESERVING} are needed; the tests that need more are not run"
        )
    lines += [
        "It invokes these functions about 400 times and then removes everything. That takes about",
        "15 minutes; two tests wait three minutes each for Lambda's retries.",
        describe_cost(),
    ]
    return "\n".join(lines)


def _remove(resources: AwsResources) -> bool:
    """Remove everything; a failure is reported and does not hide what happened before."""
    try:
        resources.remove()
    except UserError as error:
        print_error(error)
        return False
    return True


def _digest(uri: str) -> str:
    """The image without its registry, whose name has the account's number."""
    return uri.rpartition("@")[2]
