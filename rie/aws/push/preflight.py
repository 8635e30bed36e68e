"""Everything that can be checked on this machine, before AWS hears of a push."""

from __future__ import annotations

import argparse
import platform
import re
from typing import TYPE_CHECKING

from rie import git_checkout
from rie.aws.push import local_image
from rie.aws.push.blockers import PushBlocker, refuse
from rie.aws.push.delivery import PushRequest
from rie.aws.push.doctor import Doctor
from rie.aws.push.repository import check_name
from rie.errors import UserError
from rie.images.architecture import normalize
from rie.images.image import LATEST, REPOSITORY, build_function
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

    from rie.function import Function

# A plain word without dot or port the engine takes for a name on Docker's own registry: ECR's
# password would go there.
_ADDRESS = re.compile(r"localhost|[A-Za-z0-9.-]+:\d+|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def prepare(
    client: DockerClient, args: argparse.Namespace, function: Function | None, doctor: Doctor
) -> PushRequest:
    """Turn the options of `rie push` into an order, if nothing speaks against it.

    Without --image the image of `function` is built first. Raises UserError, with every reason at
    once where there are several.
    """
    own = f"{REPOSITORY}-{function.name.lower()}" if function else REPOSITORY
    repository = args.repository or own
    check_name(repository)
    check_options(args)
    checkout = git_checkout.read(function.directory if function else ROOT)
    found = git_checkout.refusals(checkout)
    name = args.image or LATEST
    if function and not args.image:
        # An image of a dirty tree would be refused below: don't spend the time to build it.
        refuse(f"the function {function.name}", [*found, *_stale_base(client, checkout)])
        name = build_function(client, function, LATEST)
    image = local_image.inspect(client, name)
    architecture = normalize(args.arch or platform.machine())
    found += local_image.refusals(image, architecture, allow_stand_in=args.allow_stand_in)
    if checkout.root == ROOT or not args.image:  # others may carry the label of their base
        found += local_image.revision_mismatch(image, checkout)
    found += doctor(image.name)
    refuse(image.name, found)
    return PushRequest(
        image=image,
        architecture=architecture,
        tag=checkout.tag(architecture),
        repository=repository,
        create=args.create,
        region=args.region,
        registry=args.registry,
        patience_s=args.patience,
    )


def check_options(args: argparse.Namespace) -> None:
    """Raise UserError for values that argparse takes and a push must not."""
    if args.patience <= 0:
        raise UserError(f"--patience {args.patience} is no time", "give seconds, more than 0")
    if args.registry is not None and not _ADDRESS.fullmatch(args.registry):
        raise UserError(
            f"--registry {args.registry} is no address of a registry",
            "give HOST:PORT, or a host with a dot in its name; no https:// and no path",
        )


def _stale_base(client: DockerClient, checkout: git_checkout.GitCheckout) -> list[PushBlocker]:
    """A function of this repository is tagged with its revision, so its base must be of it, too."""
    if checkout.root != ROOT:
        return []
    return local_image.revision_mismatch(local_image.inspect(client, LATEST), checkout)
