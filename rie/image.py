"""`make image`: builds the Dockerfile on one of its bases, with an engine's plain builder.

Every build is tagged twice: surefoot:BASE says what it stands on, and surefoot:latest is the newest
build, the one that the functions' Dockerfiles take when they are told nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie import standin, wheels
from rie.console import say
from rie.engine import connect
from rie.errors import BenchError
from rie.function import Function
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

REGISTRY_BASES = {
    "al2": "public.ecr.aws/lambda/provided:al2",
    "al2023": "public.ecr.aws/lambda/provided:al2023",
}
LOCAL = "local"
BASES = (*REGISTRY_BASES, LOCAL)
REPOSITORY = "surefoot"
LATEST = f"{REPOSITORY}:latest"
# Words of the engine and of Go's network library for "I did not get through".
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|request canceled|Client\.Timeout|connection refused|"
    r"connection reset|TLS handshake|x509|network is unreachable|proxyconnect"
)
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_ARGUMENT = re.compile(r"^\s*ARG\s+(\w+)", re.MULTILINE)
_PLAIN = """\
ARG SUREFOOT_IMAGE
FROM ${{SUREFOOT_IMAGE}}
COPY . /var/task/
CMD ["{handler}"]
"""
_REGISTRY = re.compile(r'https?://([^/"\s]+)')


def build(
    client: DockerClient,
    base: str,
    *,
    tag: str | None = None,
    source: Path = ROOT,
    rebuild: bool = False,
    with_awslambdaric: bool = False,
) -> str:
    """Build surefoot's image on `base`, one of BASES, and return its tag (default surefoot:BASE).

    `source` is the checkout to build; `rebuild` renews the local base first;
    `with_awslambdaric` puts the way back to AWS's client in. Without `tag` the image becomes
    surefoot:latest, too. Raises BenchError, also for an unreachable registry.
    """
    if base == LOCAL:
        uv_image, arguments = standin.ensure_uv(client)
        base_image = standin.ensure_base(client, rebuild=rebuild)
        if with_awslambdaric:
            uv_image = wheels.ensure(client, uv_image, arguments["PYTHON_VERSION"])
            arguments |= wheels.ARGUMENTS
        arguments |= {"BASE_IMAGE": base_image, "UV_IMAGE": uv_image}
    else:
        arguments = {"BASE_IMAGE": REGISTRY_BASES[base]}
    if with_awslambdaric:
        arguments["WITH_AWSLAMBDARIC"] = "1"
    name = tag or f"{REPOSITORY}:{base}"
    say(f"Building {name} on {arguments['BASE_IMAGE']} …")
    build_directory(client, source, name, arguments)
    if tag is None:
        client.images.get(name).tag(LATEST)
    return name


def build_function(client: DockerClient, function: Function, image: str = LATEST) -> str:
    """Build the image of `function` on the surefoot image `image`; returns its tag.

    Its Dockerfile learns of `image` through the build argument SUREFOOT_IMAGE. Without a Dockerfile
    the directory becomes /var/task as it is. On a local stand-in the other images it may ask for
    (JQ_IMAGE) are stand-ins, too. Raises BenchError, also when `image` was never built.
    """
    from docker.errors import ImageNotFound

    try:
        base = client.images.get(image)
    except ImageNotFound as error:
        raise BenchError(
            f"there is no image {image} on this machine",
            "run `make image`, or `make image BASE=local` where registries are out of reach",
        ) from error
    tag = f"{REPOSITORY}-{function.name.lower()}:latest"
    offered = {"SUREFOOT_IMAGE": image}
    if standin.STAND_IN_LABEL in base.labels:
        offered["JQ_IMAGE"] = standin.JQ_TAG
    recipe = function.directory / "Dockerfile"
    text = recipe.read_text() if recipe.is_file() else _PLAIN.format(handler=function.handler)
    arguments = {name: offered[name] for name in _ARGUMENT.findall(text) if name in offered}
    say(f"Building {tag} on {image} …")
    build_directory(client, function.directory, tag, arguments, None if recipe.is_file() else text)
    return tag


def build_directory(
    client: DockerClient,
    directory: Path,
    tag: str,
    arguments: Mapping[str, str],
    recipe: str | None = None,
) -> None:
    """Build `directory` as `tag`, showing the steps on stderr.

    The recipe is its Dockerfile unless `recipe` is the text of another. Raises BenchError when a
    step fails or a registry cannot be reached.
    """
    from docker.errors import APIError

    with tempfile.TemporaryDirectory(prefix="surefoot-build.") as folder:
        path = directory / "Dockerfile" if recipe is None else Path(folder) / "Dockerfile"
        if recipe is not None:
            path.write_text(recipe)
        try:
            # The plain builder: it needs no buildx beside the docker program, and makes one
            # manifest without attestations, the only form that Lambda takes.
            events = client.api.build(
                path=str(directory),
                dockerfile=str(path),
                tag=tag,
                buildargs=dict(arguments),
                forcerm=True,
                decode=True,
            )
            _follow(events)
        except APIError as error:
            raise _failure(error.explanation or str(error)) from error


def _follow(events: Iterable[dict[str, Any]]) -> None:
    """Show a build's events, all of them: the connection is free again after the last one only."""
    failure = None
    for event in events:
        if "error" in event:
            failure = _failure(str(event["error"]))
        if event.get("status") == "Pull complete":  # the one event per layer worth a line
            say(f"  layer {event.get('id')} is here")
        for line in _ESCAPES.sub("", str(event.get("stream", ""))).splitlines():
            if line.strip():
                say(f"  {line}")
    if failure is not None:
        raise failure


def _failure(text: str) -> BenchError:
    if _UNREACHABLE.search(text):
        host = _REGISTRY.search(text)
        return BenchError(
            f"the registry {host[1] if host else 'of the base image'} cannot be reached: {text}",
            "make image BASE=local builds the same Dockerfile on a stand-in, with no registry",
        )
    return BenchError(f"the build failed: {text}", "read the last step above")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `python -m rie image`."""
    parser.add_argument(
        "--base",
        choices=BASES,
        default="al2",
        help="Amazon Linux 2 or 2023 from AWS's registry, or a local stand-in (default: al2)",
    )
    parser.add_argument("--tag", help="name of the image (default: surefoot:BASE and surefoot)")
    parser.add_argument(
        "--rebuild", action="store_true", help="make the local base afresh, with Debian's updates"
    )
    parser.add_argument(
        "--with-awslambdaric",
        action="store_true",
        help="carry AWS's client, too, which SUREFOOT_CLIENT=awslambdaric takes at run time",
    )


def execute(args: argparse.Namespace) -> int:
    """Build the image; its name goes to stdout, everything else to stderr. Raises BenchError."""
    with contextlib.closing(connect()) as client:
        name = build(
            client,
            args.base,
            tag=args.tag,
            rebuild=args.rebuild,
            with_awslambdaric=args.with_awslambdaric,
        )
    print(name)
    say("Next: make run FUNCTION=echo, or FROM it in your own Dockerfile.")
    return 0
