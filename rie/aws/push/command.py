"""`rie push`: an image, from the container engine to ECR, and its URI by digest."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import TYPE_CHECKING

from rie.cli import describe, positive_int
from rie.console import format_size, print_progress, print_result
from rie.function import Function, find
from rie.images.architecture import ARCHITECTURES
from rie.paths import ROOT

if TYPE_CHECKING:
    from rie.aws.push.delivery import PushResult
    from rie.aws.push.preflight import Doctor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie push`."""
    describe(
        parser,
        """Push an image to Amazon ECR.

        Checks the image, pushes it, and reads it back from the registry. The tag is
        VERSION-REVISION-ARCHITECTURE: the version in pyproject.toml, the git revision, and amd64 or
        arm64. Account and region come from the AWS configuration.

        Prints the image's URI by digest to stdout and everything else to stderr. The registry's
        password is kept in memory only.""",
        examples=[
            "push --create                    the base image surefoot:latest",
            "push --function echo --create    build and push functions/echo",
            "push --image my-image --repository my-repository",
        ],
        exit_codes={0: "pushed, or the registry has this image already", 1: "failed", 2: "usage"},
    )
    what = parser.add_argument_group("What to push")
    what.add_argument(
        "--function", metavar="NAME", help="Build and push the image of functions/NAME."
    )
    what.add_argument(
        "--handler",
        metavar="NAME",
        help="The function's handler, if it has no Dockerfile with a CMD.",
    )
    add_image_options(what)
    add_registry_options(parser.add_argument_group("Where to push"))
    parser.add_argument("--json", action="store_true", help="Print the result as JSON.")


def add_image_options(group: argparse._ArgumentGroup) -> None:
    """Which image; of `rie publish-runtime`, too."""
    group.add_argument(
        "--image",
        metavar="NAME",
        help="Push this image as it is. [default: the function's, or surefoot:latest]",
    )
    group.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="The architecture that the image must have. [default: this machine's]",
    )
    group.add_argument(
        "--allow-stand-in",
        action="store_true",
        help="Push an image built on the local base, for a trial.",
    )


def add_registry_options(group: argparse._ArgumentGroup) -> None:
    """Which repository; of `rie publish-runtime`, too."""
    group.add_argument(
        "--repository",
        metavar="NAME",
        help="Repository in ECR. [default: surefoot, or surefoot-FUNCTION]",
    )
    group.add_argument(
        "--create",
        action="store_true",
        help="Create the repository if it is missing: immutable tags, scan on push.",
    )
    group.add_argument("--region", help="AWS region. [default: the AWS configuration's]")
    group.add_argument(
        "--registry",
        metavar="HOST[:PORT]",
        help="Push through this HTTPS address, a proxy before ECR.",
    )
    group.add_argument(
        "--patience",
        type=positive_int,
        default=120,
        metavar="SECONDS",
        help="Give up when nothing is sent for this long. [default: 120]",
    )


def execute(args: argparse.Namespace, *, doctor: Doctor | None = None) -> int:
    """Push one image; its URI by digest is the only thing on stdout. Raises UserError."""
    from rie.aws.push.delivery import push_image
    from rie.aws.push.preflight import prepare, run_doctor
    from rie.images.engine import connect

    # Only a build without a Dockerfile has to know the handler.
    handler = args.handler or ("-" if args.image else None)
    function = find(args.function, handler) if args.function else None
    with contextlib.closing(connect()) as client:
        request = prepare(client, args, function, doctor or run_doctor)
        result = push_image(client, request)
    show(result, function, as_json=args.json)
    return 0


def show(result: PushResult, function: Function | None, *, as_json: bool) -> None:
    """Print the result to stdout; what was done, and the next command, to stderr."""
    done = "exists already" if result.already_there else "pushed"
    print_progress(
        f"{result.repository}:{result.tag} {done} and was verified: {result.layers} layers, "
        f"{format_size(result.bytes)} compressed, linux/{result.architecture}"
    )
    print_result(json.dumps(result.record()) if as_json else result.image_uri)
    if function is None:
        print_progress(f"Next: FROM {result.image_uri} in a function's Dockerfile.")
    else:
        own = function.directory.parent == ROOT / "functions"
        where = function.name if own else function.directory
        print_progress(f"Next: make deploy FUNCTION={where} ARGS='--image {result.image_uri}'")
