"""Wheels for a build that reaches no package index: fetched here, where pip works, and kept.

The same requirements file, the same hashes; only the way from the index into the build differs.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

from rie.console import print_progress
from rie.errors import UserError
from rie.kept import kept

# What Amazon Linux 2 takes, with its glibc 2.26, although the stand-in could take newer ones.
_TAGS = ("manylinux_2_26", "manylinux_2_24", "manylinux_2_17", "manylinux2014")


def fetch(requirements: Path, python: str) -> Path:
    """Return a folder with the wheels of a hashed requirements file for CPython `python` (3.13).

    It is made once for each content of the file. Raises UserError.
    """
    what = f"{python} {_TAGS}\0".encode() + requirements.read_bytes()
    return kept("wheels", what, lambda folder: _download(requirements, python, folder))


def _download(requirements: Path, python: str, folder: Path) -> None:
    print_progress(f"Fetching the wheels of {_shown(requirements)} for CPython {python} …")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command += ["--only-binary", ":all:", "--no-deps", "--require-hashes"]
    command += ["--python-version", python, "--dest", str(folder)]
    for tag in _TAGS:
        command += ["--platform", f"{tag}_{platform.machine()}"]
    command += ["--requirement", str(requirements)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise UserError(
            f"pip did not get the wheels of {_shown(requirements)}",
            "read its reason above; where no version fits, a package has none for Amazon Linux 2",
        )


def _shown(path: Path) -> str:
    return "/".join(path.parts[-2:])
