"""Local substitutes for the images that a build pulls from registries: base, uv with CPython, jq.

They are other inputs of the same Dockerfiles. All have STAND_IN_LABEL, which every image built on
the base inherits.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images import interpreter
from rie.images.emulator_download import install
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

STAND_IN_LABEL = "dev.surefoot.stand-in"
INPUTS_LABEL = "dev.surefoot.inputs"  # a hash; an image that has it needs no making
BASE_TAG = "surefoot-base:local"
UV_TAG = "surefoot-uv:local"
JQ_TAG = "surefoot-jq:local"
BASE_RECIPE = ROOT / "bootstrap" / "local-base"
# Inside UV_TAG; the Dockerfile copies that image's root to /opt/uv.
_UV_HOME = "/opt/uv"
_ARCHIVE = "cpython.tar.gz"
_INDEX = "downloads.json"


def ensure_base(client: DockerClient, *, rebuild: bool = False) -> str:
    """Make BASE_TAG and JQ_TAG unless they are current, about 30 s; returns BASE_TAG.

    Debian's own updates do not count as a change: `rebuild` takes them in. Raises UserError.
    """
    emulator = install()
    inputs = _digest([BASE_RECIPE, emulator])
    if not rebuild and all(_current(client, tag, inputs) for tag in (BASE_TAG, JQ_TAG)):
        return BASE_TAG
    for program, package in (("mmdebstrap", "mmdebstrap"), ("docker", "docker.io")):
        if shutil.which(program) is None:
            raise UserError(
                f"{program} is missing, which the local base is made with",
                f"run `make engine` (Debian, root), or install the package {package}",
            )
    print_progress("Making a local base for provided:al2 from Debian packages (half a minute) …")
    label = ["--change", f"LABEL {INPUTS_LABEL}={inputs}"]
    command = [os.fspath(BASE_RECIPE), os.fspath(emulator), BASE_TAG, JQ_TAG, *label]
    if subprocess.run(command, stdout=get_stderr_fd(), check=False).returncode:
        raise UserError(f"{BASE_RECIPE.name} failed", "read its reason above")
    return BASE_TAG


def ensure_uv(client: DockerClient) -> tuple[str, dict[str, str]]:
    """Make UV_TAG unless it is current; returns it and the build arguments that go with it.

    It holds uv from the PyPI wheel, a CPython of this machine packed as a download, and the index
    that lists it for uv. Raises UserError when there is no uv or no CPython to take.
    """
    found = interpreter.find()
    arguments = {
        "PYTHON_VERSION": found.minor,
        "UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{_UV_HOME}/{_INDEX}",
    }
    programs = _uv_programs()
    sources = [Path(__file__), Path(interpreter.__file__), *programs]
    inputs = _digest([*sources, found.executable, *([found.shared] if found.shared else [])])
    if _current(client, UV_TAG, inputs):
        return UV_TAG, arguments
    print_progress(f"Packing uv and CPython {found.number} of this machine into {UV_TAG} …")
    with tempfile.TemporaryDirectory(prefix="surefoot-uv.") as folder:
        archive = Path(folder) / _ARCHIVE
        interpreter.pack(found, archive)
        index = Path(folder) / _INDEX
        index.write_text(json.dumps(_index(found, archive)))
        image = Path(folder) / "image.tar"
        with tarfile.open(image, "w") as tree:
            for path in (*programs, archive, index):
                tree.add(path, path.name, filter=_owned_by_root)
        _import(client, image, UV_TAG, inputs)
    return UV_TAG, arguments


def _uv_programs() -> list[Path]:
    try:
        from uv import find_uv_bin
    except ImportError as error:
        raise UserError(
            "the Python package uv is not installed", "pip install -r tests/requirements.txt"
        ) from error
    uv = Path(find_uv_bin())
    return [uv, uv.with_name("uvx")]


def _index(found: interpreter.Interpreter, archive: Path) -> dict[str, Any]:
    """uv's own form of a list of downloads, with this one in it."""
    major, minor, patch = found.version
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine(), platform.machine())
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": f"file://{_UV_HOME}/{_ARCHIVE}",
        "sha256": _sha256(archive),
        "variant": None,
    }
    return {f"cpython-{found.number}-linux-{machine}-gnu": entry}


def _import(client: DockerClient, tree: Path, tag: str, inputs: str) -> None:
    repository, _, name = tag.partition(":")
    changes = [f"LABEL {STAND_IN_LABEL}=true", f"LABEL {INPUTS_LABEL}={inputs}"]
    client.api.import_image_from_file(str(tree), repository, name, changes)


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.mode = 0o755 if entry.name.startswith("uv") else 0o644
    return entry


def _current(client: DockerClient, tag: str, inputs: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(tag).labels.get(INPUTS_LABEL) == inputs
    except ImageNotFound:
        return False


def _digest(paths: Sequence[Path]) -> str:
    """One hash over the contents of files, in their order."""
    return hashlib.sha256("".join(_sha256(path) for path in paths).encode()).hexdigest()


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
