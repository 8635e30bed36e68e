"""Every check that needs only this machine, before a push calls AWS."""

from __future__ import annotations

import argparse
import platform
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from rie.aws.push import local_image
from rie.aws.push.blockers import PushBlocker, raise_if_blocked
from rie.aws.push.delivery import PushRequest
from rie.aws.push.repository import check_name
from rie.errors import UserError
from rie.git_checkout import REVISION_DIGITS, GitCheckout, read_checkout
from rie.images.architecture import normalize
from rie.images.image import LATEST, REPOSITORY, build_function
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

    from rie.function import Function

Doctor = Callable[[str], list[PushBlocker]]
"""Takes an image's name; returns the problems that would make it fail on Lambda."""

_SHOWN_CHANGES = 5
# A name without dot or port means Docker Hub to the engine: ECR's password would be sent there.
_ADDRESS = re.compile(r"localhost|[A-Za-z0-9.-]+:\d+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def run_doctor(image: str) -> list[PushBlocker]:
    """The errors that `surefoot doctor` finds in `image`. Raises UserError if it cannot read it."""
    from surefoot_tools.console import UserError as DoctorError
    from surefoot_tools.doctor.inspection import inspect_image

    try:
        result = inspect_image(image)
    except DoctorError as problem:
        raise UserError(
            f"the doctor cannot read {image}: {problem.reason}", problem.remedy
        ) from problem
    return [
        PushBlocker(
            f"{judged.finding.path}{': ' if judged.finding.path else ''}"
            f"{judged.finding.message} ({judged.finding.code})",
            judged.finding.remedy,
        )
        for judged in result.findings
        if judged.severity == "error"
    ]


def prepare(
    client: DockerClient, args: argparse.Namespace, function: Function | None, doctor: Doctor
) -> PushRequest:
    """Check the options of `rie push` and the image, and return what to push.

    Without --image the image of `function` is built first. Raises UserError, and PushBlocked with
    every reason at once.
    """
    own = f"{REPOSITORY}-{function.name.lower()}" if function else REPOSITORY
    repository = args.repository or own
    check_name(repository)
    check_options(args)
    checkout = read_checkout(function.directory if function else ROOT)
    tag = checkout.tag(normalize(args.arch or platform.machine()))
    found = find_uncommitted_changes(checkout)
    name = args.image or LATEST
    if function and not args.image:
        # The image of a dirty checkout would be blocked below: don't spend the time to build it.
        blockers = [*found, *_find_stale_base(client, checkout)]
        raise_if_blocked(f"the function {function.name}", blockers)
        name = build_function(client, function, LATEST)
    image = local_image.inspect(client, name)
    architecture = normalize(args.arch or platform.machine())
    found += local_image.find_blockers(image, architecture, allow_stand_in=args.allow_stand_in)
    if checkout.root == ROOT or not args.image:  # other images may have their base's label
        found += local_image.find_revision_mismatch(image, checkout)
    found += doctor(image.name)
    raise_if_blocked(image.name, found)
    return PushRequest(
        image=image,
        architecture=architecture,
        tag=tag,
        repository=repository,
        create=args.create,
        region=args.region,
        registry=args.registry,
        patience_s=args.patience,
    )


def check_options(args: argparse.Namespace) -> None:
    """Raise UserError for values that argparse accepts and a push cannot use."""
    if args.registry is not None and not _ADDRESS.fullmatch(args.registry):
        raise UserError(
            f"--registry {args.registry} is not the address of a registry",
            "give HOST:PORT, or a host with a dot in its name; no https:// and no path",
        )


def find_uncommitted_changes(checkout: GitCheckout) -> list[PushBlocker]:
    """The image of a changed checkout would not be what the revision in its tag says."""
    if not checkout.changes:
        return []
    shown = ", ".join(checkout.changes[:_SHOWN_CHANGES])
    more = len(checkout.changes) - _SHOWN_CHANGES
    tail = f" and {more} more" if more > 0 else ""
    return [
        PushBlocker(
            f"the checkout {checkout.root} differs from its revision "
            f"{checkout.revision[:REVISION_DIGITS]}: {shown}{tail}",
            "commit or remove these changes, build the image again and push that",
        )
    ]


def _find_stale_base(client: DockerClient, checkout: GitCheckout) -> list[PushBlocker]:
    """A function of this repository gets its revision as tag, so its base must be of it, too."""
    if checkout.root != ROOT:
        return []
    return local_image.find_revision_mismatch(local_image.inspect(client, LATEST), checkout)
