"""`rie image`: builds the Dockerfile on one of its bases, with an engine's plain builder.

Every build gets two tags: surefoot:BASE names its base, and surefoot:latest is the newest build,
which the functions' Dockerfiles use by default.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rie.cli import describe
from rie.console import print_progress
from rie.errors import UserError
from rie.function import Function
from rie.images import local_bases
from rie.images.architecture import ARCHITECTURES, platform_for
from rie.images.build import build_directory
from rie.images.engine import connect
from rie.images.interpreter import DEFAULT_VERSION, OLDEST
from rie.images.labels import make_labels
from rie.images.offline_packages import (
    NPM,
    NPM_ARGUMENTS,
    PIP_ARGUMENTS,
    WHEELS,
    fetch_npm_packages,
    fetch_wheels,
    serve_folders,
)
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

REGISTRY_BASES: dict[str, str] = json.loads((ROOT / "bootstrap" / "bases.json").read_text())
LOCAL = "local"
BASES = (*REGISTRY_BASES, LOCAL)
REPOSITORY = "surefoot"
LATEST = f"{REPOSITORY}:latest"
PYTHON_LABEL = "dev.surefoot.python"  # the CPython of an image, such as 3.14
AWSLAMBDARIC = ROOT / "bootstrap" / "awslambdaric.txt"
# Said where people choose a base; the doctor says it of a finished image (SF606).
_OUT_OF_SUPPORT = {
    "al2": "provided:al2 has been out of support since 2026-07-31 (Amazon Linux 2: 2026-06-30): no "
    "security updates, and newer packages have no wheels for its glibc 2.26. BASE=al2023 builds "
    "the same image on the current base"
}
_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)", re.MULTILINE)
_PLAIN = """\
ARG SUREFOOT_IMAGE
FROM ${{SUREFOOT_IMAGE}}
COPY . /var/task/
CMD ["{handler}"]
"""


def build(
    client: DockerClient,
    base: str,
    *,
    tag: str | None = None,
    source: Path = ROOT,
    rebuild: bool = False,
    with_awslambdaric: bool = False,
    architecture: str | None = None,
    python: str = DEFAULT_VERSION,
) -> str:
    """Build surefoot's image on `base`, one of BASES, and return its tag (default surefoot:BASE).

    `source` is the checkout to build; `rebuild` renews the local base first;
    `with_awslambdaric` includes AWS's client; `architecture` is amd64 or arm64
    (default: the engine's); `python` is the CPython, such as 3.14. Without `tag` the image becomes
    surefoot:latest, too. Raises UserError, also for an unreachable registry.
    """
    check_python(python)
    platform = platform_for(architecture, client.info())
    with contextlib.ExitStack() as stack:
        arguments = {"BASE_IMAGE": REGISTRY_BASES.get(base, ""), "PYTHON_VERSION": python}
        network = None
        if base == LOCAL:
            machine = platform.rpartition("/")[2]
            base_image = local_bases.ensure_base(client, machine, rebuild=rebuild)
            uv_image, arguments = local_bases.ensure_uv(client, python, machine)
            if with_awslambdaric:
                folder = fetch_wheels(AWSLAMBDARIC, python, machine)
                arguments |= stack.enter_context(serve_folders({WHEELS: folder}))
                arguments |= PIP_ARGUMENTS
                network = "host"
            arguments |= {"BASE_IMAGE": base_image, "UV_IMAGE": uv_image}
        if with_awslambdaric:
            arguments["WITH_AWSLAMBDARIC"] = "1"
        name = tag or f"{REPOSITORY}:{base}"
        base_image = arguments["BASE_IMAGE"]
        print_progress(f"Building {name} on {base_image} …")
        build_directory(
            client,
            source,
            name,
            arguments,
            labels={
                **make_labels(source, REPOSITORY, base_image, _image(client, base_image)),
                PYTHON_LABEL: python,
            },
            platform=_foreign(client, platform),
            network=network,
        )
    if tag is None:
        client.images.get(name).tag(LATEST)
    return name


def build_function(client: DockerClient, function: Function, image: str = LATEST) -> str:
    """Build the image of `function` on the surefoot image `image`; returns its tag.

    Its Dockerfile learns of `image` through the build argument SUREFOOT_IMAGE. Without a Dockerfile
    the directory becomes /var/task as it is. On the local base, what the build would get from
    registries (JQ_IMAGE, pip's packages) comes from this machine instead. Raises UserError, also
    when `image` was never built.
    """
    base = _image(client, image)
    if base is None:
        raise UserError(
            f"there is no image {image} on this machine",
            "run `make image`, or `make image BASE=local` where no registry can be reached",
        )
    tag = f"{REPOSITORY}-{function.name.lower()}:latest"
    recipe = function.directory / "Dockerfile"
    text = recipe.read_text() if recipe.is_file() else _PLAIN.format(handler=function.handler)
    wanted = set(_ARGUMENT.findall(text))
    offered = {"SUREFOOT_IMAGE": image}
    stand_in = local_bases.STAND_IN_LABEL in base.labels
    architecture = str(base.attrs["Architecture"])
    if stand_in:
        offered["JQ_IMAGE"] = local_bases.local_tag(local_bases.JQ_TAG, architecture)
    arguments = {name: offered[name] for name in wanted & offered.keys()}
    python = base.labels.get(PYTHON_LABEL, DEFAULT_VERSION)
    print_progress(f"Building {tag} on {image} …")
    with packages_for(function, wanted if stand_in else set(), python, architecture) as packages:
        build_directory(
            client,
            function.directory,
            tag,
            arguments | packages,
            recipe=None if recipe.is_file() else text,
            labels=make_labels(function.directory, function.name, image, base),
            platform=_foreign(client, f"linux/{architecture}"),
            network="host" if packages else None,
        )
    return tag


def check_python(version: str) -> None:
    """Raise UserError for what is no version of CPython such as 3.14, or one surefoot lacks."""
    found = re.fullmatch(r"3\.(\d{1,2})", version)
    if found is None or (3, int(found[1])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise UserError(
            f"PYTHON_VERSION is {version!r}, which is no CPython from {oldest} on",
            f"give two numbers, such as PYTHON_VERSION={DEFAULT_VERSION}",
        )


def _foreign(client: DockerClient, platform: str) -> str | None:
    """The platform to build for, where it is not the engine's own."""
    return None if platform == platform_for(None, client.info()) else platform


@contextlib.contextmanager
def packages_for(
    function: Function,
    wanted: set[str],
    python: str = DEFAULT_VERSION,
    architecture: str | None = None,
) -> Iterator[dict[str, str]]:
    """Build arguments that direct pip and npm to this machine, for a recipe that declares them.

    `wanted` names the arguments that the recipe declares; `python` and `architecture` are those of
    the image. The build needs this machine's network.
    """
    requirements = function.directory / "requirements.txt"
    if "PIP_FIND_LINKS" not in wanted or not requirements.is_file():
        yield {}
        return
    folder = fetch_wheels(requirements, python, architecture)
    folders, arguments = {WHEELS: folder}, dict(PIP_ARGUMENTS)
    lock = function.directory / "package-lock.json"
    if NPM_ARGUMENTS.keys() <= wanted and lock.is_file():
        # npm runs on this machine, whatever the image is for.
        folders[NPM] = fetch_npm_packages(lock, fetch_wheels(requirements, python))
        arguments |= NPM_ARGUMENTS
    with serve_folders(folders) as served:
        yield {**served, **arguments}


def _image(client: DockerClient, name: str) -> Image | None:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(name)
    except ImageNotFound:
        return None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie image`."""
    describe(
        parser,
        """Build the base image.

        Builds the Dockerfile with the engine's plain builder and tags the image surefoot:BASE and
        surefoot:latest. Prints its name to stdout and the build's steps to stderr.""",
        examples=["image --base al2023", "image --base local    without any registry"],
    )
    parser.add_argument(
        "--base",
        choices=BASES,
        default="al2",
        help="Amazon Linux 2023 or 2 (out of support) from AWS's registry, or a local base. "
        "[default: al2]",
    )
    parser.add_argument(
        "--python",
        default=DEFAULT_VERSION,
        metavar="VERSION",
        help=f"The CPython in the image. [default: {DEFAULT_VERSION}]",
    )
    parser.add_argument(
        "--tag",
        metavar="NAME",
        help="Name of the image. [default: surefoot:BASE and surefoot:latest]",
    )
    parser.add_argument(
        "--arch", choices=ARCHITECTURES, help="Architecture. [default: the engine's]"
    )
    parser.add_argument(
        "--rebuild",
        action="store_true",
        help="Rebuild the local base, with Debian's updates.",
    )
    parser.add_argument(
        "--with-awslambdaric",
        action="store_true",
        help="Include awslambdaric, which SUREFOOT_CLIENT=awslambdaric selects at run time.",
    )


def execute(args: argparse.Namespace) -> int:
    """Build the image; prints its name to stdout, the rest to stderr. Raises UserError."""
    if args.base in _OUT_OF_SUPPORT:
        print_progress(f"WARNING: {_OUT_OF_SUPPORT[args.base]}.")
    with contextlib.closing(connect()) as client:
        name = build(
            client,
            args.base,
            tag=args.tag,
            rebuild=args.rebuild,
            with_awslambdaric=args.with_awslambdaric,
            architecture=args.arch,
            python=args.python,
        )
    print(name)
    print_progress("Next: make run FUNCTION=echo, or FROM it in your own Dockerfile.")
    return 0
