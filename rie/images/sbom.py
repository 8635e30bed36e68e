"""`rie sbom`: what is in an image, as a CycloneDX document.

A program in the image lists its contents (see `sbom_probe`); cyclonedx-python-lib writes the
document and checks it against its schema.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docker.errors import APIError, ImageNotFound

from rie.cli import describe
from rie.console import print_progress
from rie.errors import UserError
from rie.git_checkout import read_version
from rie.images.emulator_download import PINNED
from rie.images.engine import connect
from rie.images.image import LATEST
from rie.images.labels import PREFIX
from rie.images.local_bases import STAND_IN_LABEL

if TYPE_CHECKING:
    from cyclonedx.model.component import Component
    from docker import DockerClient
    from docker.models.images import Image

INVENTORY = Path(__file__).parent / "sbom_probe.py"
PYTHON = "/var/lang/bin/python3"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie sbom`."""
    describe(
        parser,
        """List the contents of an image as CycloneDX.

        Runs a program in the image, without a network, that lists the packages of its distribution
        and of its Python.""",
        examples=["sbom --image surefoot-echo --output sbom.cdx.json"],
    )
    parser.add_argument(
        "--image", default=LATEST, metavar="NAME", help=f"Name of the image. [default: {LATEST}]"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="Where to write the document. [default: stdout]"
    )


def execute(args: argparse.Namespace) -> int:
    """Write the document; 0. Raises UserError."""
    with contextlib.closing(connect()) as client:
        text = document(client, args.image)
    if args.output is None:
        print(text)
    else:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(text + "\n")
        print_progress(f"{args.output}: a CycloneDX document of {args.image}")
    return 0


def document(client: DockerClient, name: str) -> str:
    """The CycloneDX 1.6 document of the image `name`, as JSON. Raises UserError."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    try:
        image = client.images.get(name)
    except ImageNotFound as error:
        raise UserError(f"there is no image {name}", "make image, or name another") from error
    components = list(_components(_inventory(client, name), image))
    whole = Component(
        name=name, type=ComponentType.CONTAINER, version=str(image.id), bom_ref=str(image.id)
    )
    bom = Bom(components=components)
    bom.metadata.component = whole
    bom.register_dependency(whole, components)
    output = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    text = output.output_as_string(indent=2)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise UserError(f"the document does not match its schema: {fault}", "report this defect")
    return text


def _inventory(client: DockerClient, name: str) -> dict[str, Any]:
    command = ["-c", INVENTORY.read_text()]
    container = client.containers.create(name, command, entrypoint=PYTHON, network_mode="none")
    try:
        container.start()
        status = container.wait()["StatusCode"]
        output, errors = (container.logs(stdout=out, stderr=not out) for out in (True, False))
    except APIError as error:
        raise _explain_unreadable(name, error.explanation or str(error)) from error
    finally:
        container.remove(force=True, v=True)
    if status != 0:
        raise _explain_unreadable(name, errors.decode(errors="replace"))
    found: dict[str, Any] = json.loads(output)
    if not found["kind"]:
        raise UserError(
            f"{name} has neither rpm nor dpkg: its system packages cannot be listed",
            "use a base image that brings its package manager",
        )
    return found


def _explain_unreadable(name: str, reason: str) -> UserError:
    return UserError(
        f"{name} could not be inspected: {reason.strip()}",
        f"it must be a surefoot image, with {PYTHON}",
    )


def _components(found: Mapping[str, Any], image: Image) -> Iterator[Component]:
    from cyclonedx.model.component import Component, ComponentType
    from packageurl import PackageURL

    distribution = found["distribution"]
    for name, number, machine, licence in found["packages"]:
        purl = PackageURL(
            found["kind"],
            distribution,
            name,
            number,
            {"arch": machine, "distro": f"{distribution}-{found['release']}"},
        )
        yield Component(
            name=name, version=number, purl=purl, bom_ref=str(purl), licenses=_licences(licence)
        )
    for name, number, licence in found["distributions"]:
        purl = PackageURL("pypi", None, name.lower().replace("_", "-"), number)
        yield Component(
            name=name, version=number, purl=purl, bom_ref=str(purl), licenses=_licences(licence)
        )
    ours = {
        "cpython": found["python"],
        "surefoot": image.labels.get(f"{PREFIX}.version", read_version()),
    }
    if STAND_IN_LABEL in image.labels:
        # Elsewhere the emulator is the base image's and does not report its version.
        ours["aws-lambda-rie"] = f"aws-sam-cli-{PINNED.version}"
    for name, number in ours.items():
        purl = PackageURL("generic", None, name, number)
        yield Component(
            name=name,
            version=number,
            type=ComponentType.APPLICATION,
            purl=purl,
            bom_ref=str(purl),
        )


def _licences(text: str) -> list[Any]:
    from cyclonedx.contrib.license.factories import LicenseFactory

    # Some packages put long texts here, which are not licence names.
    return [LicenseFactory().make_from_string(text)] if 0 < len(text) <= 64 else []
