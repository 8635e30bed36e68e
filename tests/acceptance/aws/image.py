"""The image of the tests' functions: built on surefoot's, checked and pushed as `rie push` does."""

from __future__ import annotations

import argparse
import contextlib
import platform
from dataclasses import dataclass

from rie.aws.account import Account
from rie.aws.deploy import image as deployed_image
from rie.aws.push import local_image
from rie.aws.push.blockers import raise_if_blocked
from rie.aws.push.delivery import PushRequest, push_image
from rie.aws.push.preflight import (
    Doctor,
    check_options,
    find_uncommitted_changes,
    run_doctor,
)
from rie.aws.push.repository import check_name
from rie.function import Function
from rie.git_checkout import read_checkout
from rie.images.architecture import normalize
from rie.images.engine import connect
from rie.images.image import build_function
from tests.acceptance.functions import IMAGE

FUNCTION = Function("acceptance", IMAGE, "app.echo")
_LAMBDAS_WORD = {"amd64": "x86_64", "arm64": "arm64"}


@dataclass(frozen=True)
class TaskImage:
    """An image in ECR by digest, and its architecture as Lambda calls it."""

    uri: str
    architecture: str


def architecture_of(args: argparse.Namespace) -> str:
    """amd64 or arm64, as wanted or as this machine is."""
    return normalize(args.arch or platform.machine())


def find_image(account: Account, args: argparse.Namespace) -> TaskImage:
    """The image that the user named. Raises UserError where ECR does not have it."""
    reference = deployed_image.parse(args.image)
    found = deployed_image.find_image(account, reference, guessed=False)
    architecture = args.arch or found.architecture or architecture_of(args)
    return TaskImage(found.uri, _LAMBDAS_WORD[architecture])


def check_push(args: argparse.Namespace, repository: str) -> None:
    """Find out quickly what would prevent a push: options, checkout, engine, base image.

    Raises UserError, and PushBlocked with every reason.
    """
    check_name(repository)
    check_options(args)
    checkout = read_checkout(IMAGE)
    blockers = find_uncommitted_changes(checkout)
    with contextlib.closing(connect()) as client:
        base = local_image.inspect(client, args.base)
    architecture, stand_in = architecture_of(args), args.allow_stand_in
    blockers += local_image.find_blockers(base, architecture, allow_stand_in=stand_in)
    blockers += local_image.find_revision_mismatch(base, checkout)
    raise_if_blocked(f"an image on {args.base}", blockers)


def build(args: argparse.Namespace, repository: str, doctor: Doctor = run_doctor) -> PushRequest:
    """Build the image and check it. Raises UserError, and PushBlocked with every reason."""
    architecture = architecture_of(args)
    with contextlib.closing(connect()) as client:
        name = build_function(client, FUNCTION, args.base)
        built = local_image.inspect(client, name)
        stand_in = args.allow_stand_in
        found = list(local_image.find_blockers(built, architecture, allow_stand_in=stand_in))
        raise_if_blocked(name, [*found, *doctor(name)])
    return PushRequest(
        image=built,
        architecture=architecture,
        tag=read_checkout(IMAGE).tag(architecture),
        repository=repository,
        create=True,
        region=args.region,
        registry=args.registry,
        patience_s=args.patience,
    )


def push(request: PushRequest) -> TaskImage:
    """Push it and read it back. Raises UserError."""
    with contextlib.closing(connect()) as client:
        result = push_image(client, request)
    return TaskImage(result.image_uri, _LAMBDAS_WORD[request.architecture])
