"""Runs inside an image (`rie sbom` sends it there): prints what is installed, as JSON.

Sources are the distribution's package manager and the metadata of Python's packages. Standard
library only; the image's interpreter runs it.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import subprocess
import sys
import sysconfig
from pathlib import Path

QUERIES = {
    "rpm": ["rpm", "-qa", "--qf", "%{NAME}\t%{VERSION}-%{RELEASE}\t%{ARCH}\t%{LICENSE}\n"],
    "deb": ["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t\n"],
}
# Where a function's packages may be, besides the interpreter's own folder.
FOLDERS = ("var/task", "opt/python", "opt/python/lib/python3.*/site-packages")


def system() -> tuple[str, list[list[str]]]:
    """The kind of package manager and its packages: name, version, architecture, licence."""
    for kind, command in QUERIES.items():
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return kind, [line.split("\t") for line in done.stdout.splitlines()]
    return "", []


def python_packages() -> list[list[str]]:
    """Name, version and licence of each distribution."""
    folders = [sysconfig.get_path("purelib")]
    folders += [str(path) for where in FOLDERS for path in sorted(Path("/").glob(where))]
    found = {}
    for one in importlib.metadata.distributions(path=folders):
        metadata = one.metadata
        licence = str(metadata["License-Expression"] or metadata["License"] or "")
        found[metadata["Name"]] = [
            metadata["Name"],
            one.version,
            licence.strip().partition("\n")[0],
        ]
    return [found[name] for name in sorted(found)]


def main() -> None:
    """Print one JSON object."""
    release = {}
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        release[name] = value.strip("\"'")
    kind, packages = system()
    json.dump(
        {
            "distribution": release.get("ID", ""),
            "release": release.get("VERSION_ID", ""),
            "kind": kind,
            "packages": packages,
            "python": platform.python_version(),
            "distributions": python_packages(),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
