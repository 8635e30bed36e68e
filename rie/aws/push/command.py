"""`make push`: from a checkout to an image in ECR, and to its URI by digest."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import TYPE_CHECKING

from rie.aws.push.doctor import Doctor, examine
from rie.console import colours, paint, print_progress
from rie.function import Function, find
from rie.images.architecture import ARCHITECTURES
from rie.paths import ROOT

if TYPE_CHECKING:
    from rie.aws.push.delivery import PushResult

NOTES = """The image is tagged VERSION-REVISION-ARCHITECTURE: pyproject.toml's version, the git
revision, amd64 or arm64. Account and region are those of the AWS configuration. The registry's
password stays in memory. The image's URI by digest goes to stdout, all else to stderr.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `python -m rie push`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = NOTES
    parser.add_argument(
        "--function", metavar="NAME", help="build and push the image of functions/NAME"
    )
    parser.add_argument("--handler", help="of a function that has no Dockerfile to name it")
    parser.add_argument(
        "--image", help="push this image as it is (default: the function's, else surefoot:latest)"
    )
    parser.add_argument(
        "--repository", metavar="NAME", help="in ECR (default: surefoot, or surefoot-FUNCTION)"
    )
    parser.add_argument(
        "--create",
        action="store_true",
        help="create the repository if it is missing: immutable tags, scan on push",
    )
    parser.add_argument(
        "--arch",
        choices=ARCHITECTURES,
        help="what the image must be for (default: as this machine)",
    )
    parser.add_argument(
        "--allow-stand-in",
        action="store_true",
        help="push an image on the local stand-in for AWS's base, for a trial",
    )
    parser.add_argument("--region", help="default: that of the AWS configuration")
    parser.add_argument(
        "--registry",
        metavar="HOST[:PORT]",
        help="push through this address, which stands in front of ECR (HTTPS)",
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=120,
        metavar="SECONDS",
        help="give up when nothing gets through for so long (default: 120)",
    )
    parser.add_argument("--json", action="store_true", help="print what was pushed as JSON")


def execute(args: argparse.Namespace, *, doctor: Doctor = examine) -> int:
    """Push one image; its URI by digest is the only thing on stdout. Raises UserError."""
    from rie.aws.push.delivery import push_image
    from rie.aws.push.preflight import prepare
    from rie.images.engine import connect

    # Only a build without a Dockerfile has to know the handler.
    handler = args.handler or ("-" if args.image else None)
    function = find(args.function, handler) if args.function else None
    with contextlib.closing(connect()) as client:
        order = prepare(client, args, function, doctor)
        delivery = push_image(client, order)
    show(delivery, function, as_json=args.json)
    return 0


def show(delivery: PushResult, function: Function | None, *, as_json: bool) -> None:
    """The result on stdout; what it means, and what to type next, on stderr."""
    from rie.aws.push.progress import size

    done = "there already" if delivery.already_there else "pushed"
    mark = paint("ok", "green", enabled=colours(sys.stderr))
    print_progress(
        f"{mark}: {delivery.repository}:{delivery.tag} {done}, and read back: "
        f"{delivery.layers} layers, {size(delivery.bytes)} compressed, "
        f"linux/{delivery.architecture}"
    )
    print(json.dumps(delivery.record()) if as_json else delivery.image_uri)
    if function is None:
        print_progress(f"Next: FROM {delivery.image_uri} in a function's Dockerfile.")
    else:
        own = function.directory.parent == ROOT / "functions"
        where = function.name if own else function.directory
        print_progress(f"Next: make deploy FUNCTION={where} ARGS='--image {delivery.image_uri}'")
