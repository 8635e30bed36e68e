"""The image of the tests' functions: built on surefoot's, checked and pushed as `rie push` does."""

from __future__ import annotations

import argparse
import contextlib
import platform
from collections.abc import Sequence
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
from rie.function import Function, find
from rie.git_checkout import read_checkout
from rie.images.architecture import normalize
from rie.images.engine import connect
from rie.images.image import build_function
from tests.acceptance.functions import IMAGE, SCALING, TASK_FUNCTION

_LAMBDAS_WORD = {"amd64": "x86_64", "arm64": "arm64"}


@dataclass(frozen=True)
class TaskImages:
    """The images in ECR by digest, and their architecture as Lambda calls it.

    `scaling` is that of functions/scheduled_scaling.
    """

    task: str
    scaling: str
    architecture: str


def architecture_of(args: argparse.Namespace) -> str:
    """amd64 or arm64, as wanted or as this machine is."""
    return normalize(args.arch or platform.machine())


def find_images(account: Account, args: argparse.Namespace) -> TaskImages:
    """The images that the user named. Raises UserError where ECR does not have them."""
    found = [
        deployed_image.find_image(account, deployed_image.parse(uri), guessed=False)
        for uri in (args.image, args.scaling_image)
    ]
    architecture = args.arch or found[0].architecture or architecture_of(args)
    return TaskImages(found[0].uri, found[1].uri, _LAMBDAS_WORD[architecture])


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


def build(
    args: argparse.Namespace, repository: str, function: Function, doctor: Doctor = run_doctor
) -> PushRequest:
    """Build a function's image and check it. Raises UserError, and PushBlocked with every reason.

    Tags of a repository differ, so that of the image ends in the function's name.
    """
    architecture = architecture_of(args)
    with contextlib.closing(connect()) as client:
        name = build_function(client, function, args.base)
        built = local_image.inspect(client, name)
        stand_in = args.allow_stand_in
        found = list(local_image.find_blockers(built, architecture, allow_stand_in=stand_in))
        raise_if_blocked(name, [*found, *doctor(name)])
    return PushRequest(
        image=built,
        architecture=architecture,
        tag=f"{read_checkout(IMAGE).tag(architecture)}-{function.name}",
        repository=repository,
        create=True,
        region=args.region,
        registry=args.registry,
        patience_s=args.patience,
    )


def build_all(args: argparse.Namespace, repository: str) -> list[PushRequest]:
    """Build both images. Raises UserError."""
    return [build(args, repository, function) for function in (TASK_FUNCTION, find(SCALING.name))]


def push(requests: Sequence[PushRequest]) -> TaskImages:
    """Push both images and read them back. Raises UserError."""
    with contextlib.closing(connect()) as client:
        task, scaling = [push_image(client, each).image_uri for each in requests]
    return TaskImages(task, scaling, _LAMBDAS_WORD[requests[0].architecture])
