"""The bill of materials of a real image."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.git_checkout import read_version
from rie.images.sbom import document

if TYPE_CHECKING:
    from docker import DockerClient


def test_it_lists_system_packages_the_interpreter_and_pythons_packages(
    engine: DockerClient, image: str
) -> None:
    listed = json.loads(document(engine, image))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    assert listed["metadata"]["component"]["name"] == image
    components = {one["name"]: one for one in listed["components"]}
    assert components["bash"]["purl"].startswith("pkg:deb/debian/bash@")
    assert components["pip"]["purl"].startswith("pkg:pypi/pip@")
    assert components["cpython"]["version"].count(".") == 2
    assert components["surefoot"]["version"] == read_version()


def test_an_image_that_cannot_be_asked_is_named(engine: DockerClient, image: str) -> None:
    with pytest.raises(UserError, match="no image surefoot:never-built"):
        document(engine, "surefoot:never-built")
    with pytest.raises(UserError, match="surefoot-base:local could not be inspected"):
        document(engine, "surefoot-base:local")
