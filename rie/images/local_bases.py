"""Local substitutes for the images that a build pulls from registries: base, uv with CPython, jq.

They are other inputs of the same Dockerfiles. All have STAND_IN_LABEL, which every image built on
the base inherits. The engine keeps them: its images are the only cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images import debian_python, interpreter, load_tree
from rie.images.architecture import MACHINES, own_architecture
from rie.images.emulator_download import ARCHITECTURES as EMULATORS
from rie.images.emulator_download import install
from rie.images.interpreter import DEFAULT_VERSION, Interpreter
from rie.images.load_tree import sha256
from rie.images.offline_packages import fetch_wheels
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

STAND_IN_LABEL = "dev.surefoot.stand-in"
INPUTS_LABEL = "dev.surefoot.inputs"  # a hash; an image that has it needs no making
BASE_TAG = "surefoot-base:local"
UV_TAG = "surefoot-uv:local"
JQ_TAG = "surefoot-jq:local"
BASE_RECIPE = ROOT / "bootstrap" / "local-base"
_HERE = Path(__file__).parent
# The variables of AWS's images.
_VARIABLES = {
    "LANG": "en_US.UTF-8",
    "TZ": ":/etc/localtime",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:"
    "/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
}
_BASE = {
    "Env": [f"{name}={value}" for name, value in _VARIABLES.items()],
    "WorkingDir": "/var/task",
    "Entrypoint": ["/lambda-entrypoint.sh"],
}
_JQ = {"Entrypoint": ["/jq"]}
# Inside UV_TAG; the Dockerfile copies that image's root to /opt/uv.
_UV_HOME = "/opt/uv"
_INDEX = "downloads.json"
_REQUIREMENTS = ROOT / "tests" / "requirements.txt"  # it pins uv


def local_tag(tag: str, architecture: str) -> str:
    """The name of a substitute for `architecture`: `tag`, and a longer one for a foreign one."""
    return tag if architecture == own_architecture() else f"{tag}-{architecture}"


def ensure_base(
    client: DockerClient, architecture: str | None = None, *, rebuild: bool = False
) -> str:
    """Make base, jq and uv with Debian's CPythons unless they are current; returns the base's tag.

    That takes a minute or two. Debian's own updates do not count as a change: `rebuild` takes them
    in. Raises UserError.
    """
    architecture = architecture or own_architecture()
    base, jq, uv = (local_tag(tag, architecture) for tag in (BASE_TAG, JQ_TAG, UV_TAG))
    emulator = install(architecture=EMULATORS[architecture])
    sources = [_HERE / f"{name}.py" for name in ("interpreter", "debian_python", "load_tree")]
    inputs = _digest([BASE_RECIPE, emulator, Path(__file__), *sources])
    if not rebuild and all(_current(client, tag, inputs) for tag in (base, jq, uv)):
        return base
    if shutil.which("mmdebstrap") is None:
        raise UserError(
            "mmdebstrap is missing, which the local base is made with",
            "run `make engine` (Debian, root), or install the package mmdebstrap",
        )
    print_progress(
        f"Making a local base for {architecture} from packages of Debian's {debian_python.SUITE} "
        "(a minute or two) …"
    )
    with tempfile.TemporaryDirectory(prefix="surefoot-base.") as scratch:
        folder = Path(scratch)
        command = [os.fspath(BASE_RECIPE), architecture, os.fspath(emulator), scratch]
        command += debian_python.VERSIONS
        if subprocess.run(command, stdout=get_stderr_fd(), check=False).returncode:
            raise UserError(f"{BASE_RECIPE.name} failed", "read its reason above")
        labels = {STAND_IN_LABEL: "true", INPUTS_LABEL: inputs}
        _load_uv(client, list(debian_python.unpack(folder)), uv, architecture, labels)
        _load(client, [folder / "jq"], jq, architecture, {**_JQ, "Labels": labels})
        config = {**_BASE, "Labels": labels}
        load_tree.load_tree(client, folder / "base.tar", base, architecture, config)
    return base


def ensure_uv(
    client: DockerClient, python: str = DEFAULT_VERSION, architecture: str | None = None
) -> tuple[str, dict[str, str]]:
    """Make the image with uv and CPython `python`; returns its tag and the build arguments for it.

    It holds uv from the PyPI wheel, CPython packed as a download, and the index that lists it for
    uv. CPython comes from Debian, or from this machine where Debian's sid has no such version.
    Raises UserError when there is no uv or no CPython to take.
    """
    architecture = architecture or own_architecture()
    arguments = {
        "PYTHON_VERSION": python,
        "UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{_UV_HOME}/{_INDEX}",
    }
    if python in debian_python.VERSIONS:
        ensure_base(client, architecture)
        return local_tag(UV_TAG, architecture), arguments
    if architecture != own_architecture():
        raise UserError(
            f"there is no CPython {python} for {architecture}: the local base takes it from this "
            "machine",
            f"choose PYTHON_VERSION={' or '.join(debian_python.VERSIONS)}, or build on another "
            "base (BASE=al2023)",
        )
    found = interpreter.find_version(python)
    tag = f"{UV_TAG}-{python}"
    sources = [Path(__file__), _HERE / "interpreter.py", _HERE / "load_tree.py"]
    inputs = _digest([*sources, found.executable, *([found.shared] if found.shared else [])])
    if not _current(client, tag, inputs):
        print_progress(f"Packing uv and CPython {found.number} of this machine into {tag} …")
        labels = {STAND_IN_LABEL: "true", INPUTS_LABEL: inputs}
        _load_uv(client, [found], tag, architecture, labels)
    return tag, arguments


def _load_uv(
    client: DockerClient,
    found: Sequence[Interpreter],
    tag: str,
    architecture: str,
    labels: dict[str, str],
) -> None:
    with tempfile.TemporaryDirectory(prefix="surefoot-uv.") as scratch:
        folder = Path(scratch)
        entries: dict[str, Any] = {}
        archives = []
        for python in found:
            archive = folder / f"cpython-{python.minor}.tar.gz"
            interpreter.pack(python, archive)
            entries |= _index_entry(python, archive, MACHINES[architecture])
            archives.append(archive)
        index = folder / _INDEX
        index.write_text(json.dumps(entries))
        files = [*_uv_programs(folder, architecture), *archives, index]
        _load(client, files, tag, architecture, {"Labels": labels})


def _uv_programs(folder: Path, architecture: str) -> list[Path]:
    """uv's two programs for an architecture: the installed ones, or those of the pinned wheel."""
    if architecture != own_architecture():
        return _programs_of_wheel(folder, architecture)
    try:
        from uv import find_uv_bin
    except ImportError as error:
        raise UserError(
            "the Python package uv is not installed", "pip install -r tests/requirements.txt"
        ) from error
    uv = Path(find_uv_bin())
    return [uv, uv.with_name("uvx")]


def _programs_of_wheel(folder: Path, architecture: str) -> list[Path]:
    requirements = folder / "uv.txt"
    requirements.write_text(_uv_requirement())
    (wheel,) = fetch_wheels(requirements, DEFAULT_VERSION, architecture).glob("uv-*.whl")
    programs = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith((".data/scripts/uv", ".data/scripts/uvx")):
                programs.append(folder / Path(name).name)
                programs[-1].write_bytes(archive.read(name))
    return programs


def _uv_requirement() -> str:
    """uv's pin with its hashes."""
    found = re.search(r"(?m)^uv==(?:.*\\\n)*.*\n", _REQUIREMENTS.read_text())
    if found is None:
        raise UserError(f"{_REQUIREMENTS} does not pin uv", "add uv to tests/requirements.in")
    return found[0]


def _index_entry(found: Interpreter, archive: Path, machine: str) -> dict[str, Any]:
    """uv's own form of an entry in a list of downloads."""
    major, minor, patch = found.version
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": "",
        "url": f"file://{_UV_HOME}/{archive.name}",
        "sha256": sha256(archive),
        "variant": None,
    }
    return {f"cpython-{found.number}-linux-{machine}-gnu": entry}


def _load(
    client: DockerClient,
    files: Iterable[Path],
    tag: str,
    architecture: str,
    config: dict[str, Any],
) -> None:
    """Make an image of single files."""
    with tempfile.TemporaryDirectory(prefix="surefoot-image.") as folder:
        tree = Path(folder) / "tree.tar"
        with tarfile.open(tree, "w") as archive:
            for path in files:
                archive.add(path, path.name, filter=_owned_by_root)
        load_tree.load_tree(client, tree, tag, architecture, config)


def _owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.name in {"uv", "uvx", "jq"} else 0o644
    return entry


def _current(client: DockerClient, tag: str, inputs: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(tag).labels.get(INPUTS_LABEL) == inputs
    except ImageNotFound:
        return False


def _digest(paths: Sequence[Path]) -> str:
    """One hash over uv's pin and the contents of files, in their order."""
    texts = [_uv_requirement(), *map(sha256, paths)]
    return hashlib.sha256("".join(texts).encode()).hexdigest()
