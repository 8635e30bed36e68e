"""`python -m tests.acceptance TARGET`: what Lambda does, at one target, as a table.

`make acceptance TARGET=…` runs it.
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import botocore

from rie.cli import CommandParser, describe, positive_int
from rie.console import print_error, print_progress, print_result
from rie.errors import UserError
from rie.git_checkout import read_checkout
from rie.images.architecture import ARCHITECTURES
from rie.images.image import LATEST
from rie.paths import ROOT
from tests.acceptance.facts import DIFFERS, ERROR, HELD, NOT_RUN, count_results, format_facts
from tests.acceptance.run import AcceptanceRun
from tests.acceptance.targets import LOCAL_TARGETS

AWS = "aws"
INTERRUPTED = 130
_PYTEST_INTERRUPTED = 2


def make_parser() -> CommandParser:
    """The options of the command."""
    parser = CommandParser("python -m tests.acceptance")
    describe(
        parser,
        """Hold what Lambda does against the acceptance tests.

        Prints each fact with what was expected and what was seen. The target emulator is this
        project's, official is AWS's (RIE), which can answer some of the tests. The target aws is
        your account: the command says what it creates and what that costs, asks, pushes two
        images, creates one CloudFormation stack, runs the tests, and removes everything again.""",
        exit_codes={
            0: "all facts held",
            1: "a fact differs, could not be tried, or something was not removed",
            2: "wrong usage",
            INTERRUPTED: "interrupted; everything was removed unless stderr says otherwise",
        },
    )
    parser.add_argument("target", metavar="TARGET", choices=[*LOCAL_TARGETS, AWS])
    parser.add_argument(
        "--select", metavar="EXPRESSION", default="", help="Run these tests alone, as pytest's -k."
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="Write the facts to FILE, without account numbers and addresses.",
    )
    _add_aws_arguments(parser.add_argument_group("With the target aws"))
    return parser


def _add_aws_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")
    group.add_argument("--region", help="AWS region. [default: the AWS configuration's]")
    group.add_argument(
        "--stack",
        metavar="NAME",
        help="Name of the stack, and of the repository. [default: surefoot-acceptance-RANDOM]",
    )
    group.add_argument(
        "--image",
        metavar="URI",
        help="Image in ECR by digest that is used as it is, in place of one that is pushed.",
    )
    group.add_argument(
        "--scaling-image", metavar="URI", help="Likewise that of functions/scheduled_scaling."
    )
    group.add_argument(
        "--base",
        metavar="NAME",
        default=LATEST,
        help=f"Image of surefoot to build the tests' on. [default: {LATEST}]",
    )
    group.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="Architecture of the image. [default: this machine's]",
    )
    group.add_argument(
        "--allow-stand-in",
        action="store_true",
        help="Accept an image that was built on the local base.",
    )
    group.add_argument(
        "--registry", metavar="HOST[:PORT]", help="Push through this proxy before ECR."
    )
    group.add_argument(
        "--patience",
        type=positive_int,
        default=120,
        metavar="SECONDS",
        help="Give up when nothing of the image is sent for this long. [default: 120]",
    )


def main(argv: list[str] | None = None) -> int:
    """Run the command; its exit code."""
    args = make_parser().parse_args(argv)
    try:
        if args.json is not None:
            _require_writable(args.json)
        if args.target == AWS:
            from tests.acceptance.aws.command import execute

            return execute(args, report)
        return _run_local(args)
    except UserError as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def handle_signals() -> None:
    """Have a closed terminal and `kill` remove what was made, as Ctrl-C does.

    What is ignored stays so: nohup ignores a closed terminal.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)


def _require_writable(path: Path) -> None:
    """Find out before anything is made that the record can be written."""
    existed = path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise UserError(
            f"--json {path} cannot be written: {error.strerror}", "name a file in a folder that is"
        ) from error


def _run_local(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        run = AcceptanceRun(LOCAL_TARGETS[args.target](stack, Path(folder)))
        code = run.execute(args.select)
    return report(args, run, code, {})


def report(
    args: argparse.Namespace, run: AcceptanceRun, pytest_code: int, about: dict[str, Any]
) -> int:
    """Print the table to stdout and write the record; the command's exit code."""
    facts = run.facts
    counts = count_results(facts)
    if facts:
        print_result(format_facts(facts, sys.stdout))
    if args.json is not None:
        record = {**_describe_run(args.target), **about, "results": counts}
        text = json.dumps({**record, "facts": [each.describe() for each in facts]}, indent=1)
        args.json.write_text(text + "\n", encoding="utf-8")
        print_progress(f"{args.json} has the record.")
    print_progress(", ".join(f"{count} {result}" for result, count in counts.items()))
    if pytest_code == _PYTEST_INTERRUPTED:
        return INTERRUPTED
    if not counts[HELD] + counts[DIFFERS] + counts[ERROR] + counts[NOT_RUN]:
        raise UserError("no test was selected", "correct --select, or leave it out")
    return 1 if counts[DIFFERS] or counts[ERROR] or pytest_code else 0


def _describe_run(target: str) -> dict[str, Any]:
    checkout = read_checkout(ROOT)
    return {
        "version": 1,
        "target": target,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "revision": checkout.revision,
        "changed_files": len(checkout.changes),
        "python": platform.python_version(),
        "botocore": botocore.__version__,
    }


if __name__ == "__main__":
    handle_signals()
    sys.exit(main())
