"""`rie publish-runtime`: the base image as a runtime of the account."""

from __future__ import annotations

import argparse
import contextlib
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rie.cli import describe, positive_int
from rie.console import print_progress, print_result
from rie.images.architecture import LAMBDA_NAMES
from rie.paths import ROOT

if TYPE_CHECKING:
    from rie.aws.publish.runtime import PublishedRuntime
    from rie.aws.push.preflight import Doctor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie publish-runtime`."""
    from rie.aws.push.command import add_image_options, add_registry_options

    describe(
        parser,
        """Publish the base image as a customer-managed runtime of the account.

        Functions in .zip files use it: Runtime=custom, RuntimeConfig={RuntimeArn, RuntimeAlias}.
        Checks and pushes the image as `rie push` does, unless ECR has it; creates the runtime and a
        version of the image, by digest and after a dry run; waits until it is ACTIVE; then moves
        the alias. Release notes and lifecycle dates come from CHANGELOG.md. What is there already
        is not made again.

        Prints the value of --runtime-config to stdout and everything else to stderr.""",
        examples=[
            "publish-runtime --create                  surefoot:latest as the runtime surefoot",
            "publish-runtime --alias next-x86_64       for some functions first",
        ],
        exit_codes={0: "published, or there was nothing to do", 1: "failed", 2: "usage"},
    )
    runtime = parser.add_argument_group("Runtime")
    runtime.add_argument(
        "--runtime", metavar="NAME", default="surefoot", help="Its name. [default: surefoot]"
    )
    runtime.add_argument(
        "--alias",
        metavar="NAME",
        help="The alias that functions use. [default: stable-x86_64 or stable-arm64]",
    )
    runtime.add_argument(
        "--wait",
        type=positive_int,
        default=300,
        metavar="SECONDS",
        help="How long to wait until a version is ACTIVE. [default: 300]",
    )
    add_image_options(parser.add_argument_group("What to publish"))
    add_registry_options(parser.add_argument_group("Where to push"))
    parser.add_argument("--json", action="store_true", help="Print the result as JSON.")
    parser.set_defaults(function=None, handler=None)


def execute(args: argparse.Namespace, *, doctor: Doctor | None = None) -> int:
    """Publish the runtime; --runtime-config's value is the only thing on stdout."""
    from rie.aws.account import open_account
    from rie.aws.publish.release import read_release
    from rie.aws.publish.runtime import RuntimeRequest, check_names, open_client, publish_runtime
    from rie.aws.push.delivery import push_image
    from rie.aws.push.preflight import prepare, run_doctor
    from rie.git_checkout import read_version
    from rie.images.engine import connect

    release = read_release(
        ROOT / "CHANGELOG.md", read_version(ROOT, ROOT), datetime.now(timezone.utc).date()
    )
    with contextlib.closing(connect()) as engine:
        push = prepare(engine, args, None, doctor or run_doctor)
        architecture = LAMBDA_NAMES[push.architecture]
        alias = args.alias or f"stable-{architecture}"
        check_names(args.runtime, alias)
        client = open_client(open_account(args.region))  # before anything is pushed
        pushed = push_image(engine, push)
    print_progress(f"{pushed.image_uri} is in ECR. Publishing the runtime {args.runtime} …")
    request = RuntimeRequest(
        name=args.runtime,
        version=pushed.tag,
        alias=alias,
        image_uri=pushed.image_uri,
        architecture=architecture,
        release=release,
        wait_s=args.wait,
    )
    show(publish_runtime(client, request), as_json=args.json)
    return 0


def show(published: PublishedRuntime, *, as_json: bool) -> None:
    """Print the result to stdout; how to use it, and how to go back, to stderr."""
    if not published.changes:
        print_progress(
            f"Nothing to do: {published.alias} points to {published.version}, which has this image."
        )
    print_result(json.dumps(published.record()) if as_json else published.config)
    print_progress(
        "A function in a .zip file uses it so:\n"
        "  aws lambda create-function --function-name NAME --role ROLE --handler app.handler \\\n"
        f"    --zip-file fileb://function.zip --architectures {published.architecture} \\\n"
        f"    --runtime custom --runtime-config {published.config}"
    )
    if published.previous_version is not None:
        name = published.runtime_arn.rpartition("/")[2]
        print_progress(
            "Back to the version before:\n"
            f"  aws lambda-core update-runtime-alias --runtime-name {name} "
            f"--name {published.alias} --runtime-version {published.previous_version}"
        )
