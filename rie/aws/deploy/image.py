"""The image to deploy, by digest: as given, or the one that has the tag now.

A tag can be moved; a stack with a digest always runs the image that was shown. Sources: "Create a
Lambda function using a container image", AWS Lambda Developer Guide; DescribeImages, ECR API
reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rie.aws.account import Account, explain_errors
from rie.console import print_progress
from rie.errors import UserError
from rie.git_checkout import read_checkout
from rie.images.architecture import ARCHITECTURES

if TYPE_CHECKING:
    from rie.function import Function

FORM = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY@sha256:DIGEST"
_REFERENCE = re.compile(
    r"(?P<host>(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?)"
    r"/(?P<repository>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))"
)
_INDEXES = frozenset(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ]
)
_GONE = frozenset(["ImageNotFoundException", "RepositoryNotFoundException"])


@dataclass(frozen=True)
class Reference:
    """An image in ECR; either `digest` or `tag` is empty."""

    host: str
    account: str
    region: str
    repository: str
    digest: str
    tag: str

    def __str__(self) -> str:
        name = f"{self.host}/{self.repository}"
        return f"{name}@{self.digest}" if self.digest else f"{name}:{self.tag}"


def parse(text: str) -> Reference:
    """Read an image URI of ECR. Raises UserError for another registry or form."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise UserError(
            f"--image {text}: Lambda takes images from ECR only, and this is not a name in ECR",
            f"give {FORM}, or a tag instead of the digest; `make push` prints it",
        )
    parts = found.groupdict(default="")
    return Reference(
        **{name: parts[name] for name in ("host", "account", "region", "repository")},
        **{name: parts[name] for name in ("digest", "tag")},
    )


def reference_of_checkout(account: Account, function: Function, architecture: str) -> Reference:
    """The name that `make push FUNCTION=…` gives the image of the checkout's last commit.

    `architecture` is amd64 or arm64. Raises UserError where there is no checkout.
    """
    checkout = read_checkout(function.directory)
    if checkout.changes:
        print_progress(
            "note: the checkout has uncommitted changes; the image of the last commit is deployed"
        )
    domain = "amazonaws.com.cn" if account.region.startswith("cn-") else "amazonaws.com"
    host = f"{account.number}.dkr.ecr.{account.region}.{domain}"
    repository = f"surefoot-{function.name.lower()}"
    tag = checkout.tag(architecture)
    return Reference(host, account.number, account.region, repository, "", tag)


@dataclass(frozen=True)
class Image:
    """An image that ECR has. `architecture` is amd64 or arm64, empty where its tags do not say."""

    uri: str  # by digest
    architecture: str


def find_image(account: Account, reference: Reference, *, guessed: bool) -> Image:
    """The image that ECR has under `reference`. Raises UserError.

    `guessed`: no --image was given, so the remedy for a missing image is a push. Without permission
    for DescribeImages an image given by digest is used as it is, with a note.
    """
    if reference.region != account.region:
        raise UserError(
            f"{reference} is in {reference.region}; Lambda in {account.region} cannot run it",
            f"push it to {account.region}, or deploy with --region {reference.region}",
        )
    what = {"imageDigest": reference.digest} if reference.digest else {"imageTag": reference.tag}
    try:
        with explain_errors():
            details = account.client("ecr").describe_images(
                registryId=reference.account,
                repositoryName=reference.repository,
                imageIds=[what],
            )["imageDetails"]
    except UserError as error:
        code = _code(error)
        if code in _GONE:
            raise _missing(reference, code, guessed=guessed) from error
        if code == "AccessDeniedException" and reference.digest:
            print_progress(f"note: {error.reason}; the image is used as given")
            return Image(str(reference), "")
        raise
    detail = details[0]
    if detail.get("imageManifestMediaType") in _INDEXES:
        raise UserError(
            f"{reference} is an image index; Lambda takes the manifest of one architecture",
            "build with --provenance=false and for one platform, then push again",
        )
    uri = f"{reference.host}/{reference.repository}@{detail['imageDigest']}"
    return Image(uri, _architecture(detail.get("imageTags", [])))


def _architecture(tags: Iterable[str]) -> str:
    """The architecture in the tags of `make push` (VERSION-REVISION-ARCHITECTURE), or nothing."""
    named = {tag.rpartition("-")[2] for tag in tags} & set(ARCHITECTURES)
    return named.pop() if len(named) == 1 else ""


def _code(error: UserError) -> str:
    response = getattr(error.__cause__, "response", None)
    return str(response["Error"]["Code"]) if isinstance(response, dict) else ""


def _missing(reference: Reference, code: str, *, guessed: bool) -> UserError:
    if code == "RepositoryNotFoundException":
        reason = f"account {reference.account} has no repository {reference.repository}"
    else:
        reason = f"ECR has no image {reference}"
    if guessed:
        return UserError(
            f"{reason} (looked for the image of this checkout, as --image was not given)",
            "make push it first, or give --image the URI that an earlier push printed",
        )
    return UserError(reason, "correct --image; `make push` prints the URI")
