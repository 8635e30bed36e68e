"""Debian's newest CPythons, out of the files that bootstrap/local-base takes from its sid.

Debian's own paths (dist-packages, /usr/local) are undone, so that they install packages where
CPython's own builds do.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

from rie.errors import UserError
from rie.images.interpreter import Interpreter

SUITE = "sid"
VERSIONS = ("3.14", "3.15")
# Where packages are installed: Debian's text, and CPython's.
_SCHEMES = "sysconfig/__init__.py"
_DEBIAN_S_SCHEME = "prefix_scheme = 'posix_local'"
_CPYTHON_S_SCHEME = "prefix_scheme = 'posix_prefix'"
# setuptools asks it for Debian's paths.
_DEBIAN_S_OWN = "_distutils_system_mod.py"
# Where they are looked for: the site module is frozen in the program, so a file leads it there.
_PATH_FILE = "dist-packages/site-packages.pth"


def unpack(folder: Path) -> Iterator[Interpreter]:
    """Unpack the files that bootstrap/local-base wrote to `folder`; yield the interpreters.

    Raises UserError where Debian's packages are not as expected.
    """
    with tarfile.open(folder / "pythons.tar") as archive:
        archive.extractall(folder, filter=_regular)  # noqa: S202  (filtered)
    root = folder / "root" / "usr"
    libraries = tuple(path for path in root.glob("lib/*-linux-gnu") if path.is_dir())
    for version in VERSIONS:
        stdlib = root / "lib" / f"python{version}"
        _undo_changes(stdlib)
        yield Interpreter(
            version=_full_version(stdlib),
            executable=root / "bin" / f"python{version}",
            stdlib=stdlib,
            shared=None,
            library_folders=libraries,
            path_file=_PATH_FILE,
        )


def _regular(member: tarfile.TarInfo, target: str) -> tarfile.TarInfo | None:
    """Only what lies below the target: Debian links some files to /etc."""
    try:
        return tarfile.data_filter(member, target)
    except tarfile.FilterError:
        return None


def _undo_changes(stdlib: Path) -> None:
    path = stdlib / _SCHEMES
    text = path.read_text()
    if _DEBIAN_S_SCHEME not in text:
        raise UserError(
            f"Debian's {stdlib.name}/{_SCHEMES} is not as expected: it has no {_DEBIAN_S_SCHEME}",
            "compare it with CPython's own and correct rie/images/debian_python.py",
        )
    path.write_text(text.replace(_DEBIAN_S_SCHEME, _CPYTHON_S_SCHEME))
    (stdlib / _DEBIAN_S_OWN).unlink(missing_ok=True)


def _full_version(stdlib: Path) -> tuple[int, int, int]:
    """The version by the description that CPython keeps of its build (PEP 739)."""
    for path in stdlib.glob("build-details*.json"):
        info = json.loads(path.read_text())["language"]["version_info"]
        return info["major"], info["minor"], info["micro"]
    raise UserError(f"Debian's {stdlib.name} has no build-details.json", "choose another version")
