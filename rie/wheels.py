"""AWS's client for a build that reaches no package index: its wheels beside the stand-in for uv."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rie.console import say
from rie.errors import BenchError
from rie.paths import ROOT
from rie.standin import INPUTS_LABEL

if TYPE_CHECKING:
    from docker import DockerClient

TAG = "surefoot-uv:awslambdaric"
REQUIREMENTS = ROOT / "bootstrap" / "awslambdaric.txt"
# The Dockerfile copies the image's root to /opt/uv. The names are uv's own.
ARGUMENTS = {"UV_FIND_LINKS": "/opt/uv/wheels", "UV_OFFLINE": "1"}
_RECIPE = "ARG UV_IMAGE\nFROM ${UV_IMAGE}\nCOPY *.whl /wheels/\n"


def ensure(client: DockerClient, uv_image: str, python: str) -> str:
    """Make TAG, `uv_image` with the wheels for CPython `python` (3.13), unless it is current.

    Returns TAG; the build arguments that go with it are ARGUMENTS. Raises BenchError.
    """
    from docker.errors import BuildError, ImageNotFound

    inputs = _inputs(str(client.images.get(uv_image).id), python)
    try:
        if client.images.get(TAG).labels.get(INPUTS_LABEL) == inputs:
            return TAG
    except ImageNotFound:
        pass
    say(f"Fetching the wheels of awslambdaric into {TAG} …")
    with tempfile.TemporaryDirectory(prefix="surefoot-wheels.") as folder:
        _download(python, folder)
        (Path(folder) / "Dockerfile").write_text(_RECIPE)
        try:
            client.images.build(
                path=folder,
                tag=TAG,
                buildargs={"UV_IMAGE": uv_image},
                labels={INPUTS_LABEL: inputs},
                forcerm=True,
            )
        except BuildError as error:
            raise BenchError(f"{TAG} was not made: {error}", "look at the engine's log") from error
    return TAG


def _inputs(uv_image: str, python: str) -> str:
    parts = (uv_image.encode(), python.encode(), REQUIREMENTS.read_bytes(), _RECIPE.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _download(python: str, folder: str) -> None:
    """Let pip take what uv will install: the same file, the same hashes."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
    command += ["--python-version", python, "--dest", folder, "--requirement", str(REQUIREMENTS)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise BenchError(
            "pip did not get the wheels of awslambdaric",
            "read its reason above; without the option --with-awslambdaric none are needed",
        )
