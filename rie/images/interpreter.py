"""A CPython, packed as uv expects a download: the interpreter of the local base.

Only `make image BASE=local` uses this. Everywhere else uv downloads its own CPython build.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rie.console import print_progress
from rie.errors import UserError
from surefoot_tools.doctor.image import elf

DEFAULT_VERSION = "3.14"  # of an image, as in the Dockerfile
WANTED = (3, 13)
OLDEST = (3, 10)
# What a container never needs; where uv downloads CPython, bootstrap/prepare takes it out.
LEFT_OUT = frozenset({"__pycache__", "idlelib", "test", "tests", "tkinter", "turtledemo"})
_LEFT_OUT_FILE = re.compile(r"_tkinter\..*|_test.*\.so|.*\.(a|pyc|pth)|EXTERNALLY-MANAGED")
# The base brings the C library; a second one, from another system, would not even load.
_C_LIBRARY = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|util|pthread|resolv|nsl))\.so")
_PROBE = """
import json, platform, sys, sysconfig
config = sysconfig.get_config_var
print(json.dumps({
    "usable": platform.python_implementation() == "CPython" and sys.version_info[3] == "final",
    "version": sys.version_info[:3],
    "executable": sys.executable,
    "stdlib": sysconfig.get_path("stdlib"),
    "packages": sysconfig.get_path("purelib"),
    "shared": [config("LIBDIR") or "", config("INSTSONAME") or ""],
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A CPython: `stdlib` is its library folder, `shared` its libpython, if any.

    `packages` names the folder it looks for packages in: Debian's own looks in dist-packages.
    `library_folders` have the shared libraries of one that this machine cannot run. `path_file` is
    the place, below the library folder, of a .pth file that leads it to site-packages.
    """

    version: tuple[int, int, int]
    executable: Path
    stdlib: Path
    shared: Path | None
    packages: str = "site-packages"
    library_folders: tuple[Path, ...] = ()
    path_file: str = ""

    @property
    def number(self) -> str:
        """The full version, such as 3.13.0."""
        return ".".join(map(str, self.version))

    @property
    def minor(self) -> str:
        """The version without its last number, such as 3.13."""
        return ".".join(map(str, self.version[:2]))


def find_version(version: str) -> Interpreter:
    """The newest CPython `version`, such as 3.13, of this machine. Raises UserError without one."""
    found = [entry for entry in _installed() if entry.minor == version]
    if not found:
        raise UserError(
            f"there is no CPython {version} on this machine to put in the image",
            f"install it (`uv python install {version}` or `pyenv install {version}`), or choose "
            f"one that the local base takes from Debian: PYTHON_VERSION={DEFAULT_VERSION}",
        )
    return max(found, key=lambda entry: entry.version)


def find() -> Interpreter:
    """The newest local CPython 3.13; without one the newest of 3.10 and later, and say so.

    Looks at the interpreter that runs this, pyenv's and uv's folders and PATH; installs nothing.
    Raises UserError when there is none.
    """
    found = _installed()
    exact = [entry for entry in found if entry.version[:2] == WANTED]
    usable = exact or [entry for entry in found if entry.version[:2] >= OLDEST]
    if not usable:
        raise UserError(
            f"no CPython {'.'.join(map(str, OLDEST))} or later on this machine",
            "install python3 with your package manager",
        )
    best = max(usable, key=lambda entry: entry.version)
    if not exact:
        wanted = ".".join(map(str, WANTED))
        print_progress(f"WARNING: no CPython {wanted} here; {best.number} is used instead")
    return best


def _installed() -> list[Interpreter]:
    """Every CPython of this machine."""
    return [entry for path in sorted(set(_candidates())) if (entry := _probe(path)) is not None]


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable).resolve()
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders = [*pyenv.glob("versions/*/bin"), *data.glob("uv/python/cpython-*/bin")]
    folders += [Path(entry) for entry in os.get_exec_path() if not entry.endswith("shims")]
    for folder in folders:
        for path in folder.glob("python3*"):
            if re.fullmatch(r"python3(\.\d+)?", path.name) and os.access(path, os.X_OK):
                yield path.resolve()


def _probe(path: Path) -> Interpreter | None:
    """Ask an interpreter about itself; None when it is not a usable CPython."""
    command = [str(path), "-I", "-c", _PROBE]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, timeout=30)
        facts: dict[str, Any] = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    if not facts["usable"]:
        return None
    shared = Path(*facts["shared"])
    major, minor, patch = facts["version"]
    return Interpreter(
        version=(major, minor, patch),
        executable=Path(facts["executable"]).resolve(),
        stdlib=Path(facts["stdlib"]),
        shared=shared if ".so" in shared.name and shared.is_file() else None,
        packages=Path(facts["packages"]).name,
    )


def pack(interpreter: Interpreter, target: Path) -> None:
    """Write `interpreter` to `target`, a .tar.gz laid out as python/bin, python/lib.

    The same interpreter gives the same bytes, so that image layers stay cached. Shared libraries
    that its modules need travel in python/lib, where LD_LIBRARY_PATH finds them; the C library does
    not. pip is that of the interpreter which runs this.
    """
    name = f"python{interpreter.minor}"
    library = f"python/lib/{name}"
    modules = list(_standard_library(interpreter.stdlib))
    with (
        target.open("wb") as stream,
        # Neither name nor time in the header: they would differ from run to run.
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=stream, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, interpreter.executable, f"python/bin/{name}")
        for alias in ("python", "python3"):
            _link(archive, f"python/bin/{alias}", name)
        for path in modules:
            _add(archive, path, f"{library}/{path.relative_to(interpreter.stdlib)}")
        binaries = [interpreter.executable, *(path for path in modules if path.suffix == ".so")]
        for path in _shared_libraries(binaries, interpreter):
            _add(archive, path, f"python/lib/{path.name}")
        for path, place in _pip():
            _add(archive, path, f"{library}/{interpreter.packages}/{place}")
        if interpreter.path_file:
            _write(archive, f"{library}/{interpreter.path_file}", _PATH_LINE, 0o644)
        for alias in ("pip", "pip3"):
            _write(archive, f"python/bin/{alias}", _PIP_PROGRAM)


# A bare path would be searched, but its own .pth files would not be followed.
_PATH_LINE = (
    b"import site, sys; site.addsitedir("
    b"'{}/lib/python{}.{}/site-packages'.format(sys.prefix, *sys.version_info[:2]))\n"
)

# Read by sh first, which finds the interpreter next to this file, then by Python.
_PIP_PROGRAM = b"""#!/bin/sh
'''exec' "$(dirname "$0")/python3" "$0" "$@"
' '''
import sys
from pip._internal.cli.main import main
sys.exit(main())
"""


def _standard_library(stdlib: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(stdlib):
        skipped = LEFT_OUT | {"site-packages", "dist-packages"}
        folders[:] = sorted(entry for entry in folders if entry not in skipped)
        paths = (Path(folder, entry) for entry in sorted(files) if _wanted(entry))
        yield from (path for path in paths if path.is_file())  # no link that leads nowhere


def _pip() -> Iterator[tuple[Path, str]]:
    spec = importlib.util.find_spec("pip")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    # With its metadata: it is listed among the packages, and finds itself when it is upgraded.
    for folder in (package, *sorted(package.parent.glob("pip-*.dist-info"))):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and _wanted(path.name):
                yield path, str(path.relative_to(package.parent))


def _wanted(name: str) -> bool:
    return _LEFT_OUT_FILE.fullmatch(name) is None


def _shared_libraries(binaries: Iterable[Path], interpreter: Interpreter) -> list[Path]:
    """What the loader would load for `binaries`, but for the C library; sorted by name."""
    if interpreter.library_folders:
        found = dict(_needed(binaries, interpreter.library_folders))
    else:
        found = _loaded_here(binaries)
    if interpreter.shared is not None:
        found[interpreter.shared.name] = interpreter.shared
    return [path for name, path in sorted(found.items()) if not _C_LIBRARY.match(name)]


def _loaded_here(binaries: Iterable[Path]) -> dict[str, Path]:
    """What this machine's loader says."""
    command = ["ldd", *map(str, binaries)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.findall(r"^\s+(\S+) => (/\S+)", answer.stdout, re.MULTILINE)
    return {name: Path(path) for name, path in found}


def _needed(binaries: Iterable[Path], folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """What `binaries` name, directly and through others, with its place in `folders`."""
    waiting, seen = list(binaries), set[str]()
    while waiting:
        for name in elf.read(waiting.pop().read_bytes()).needed:
            places = [folder / name for folder in folders if (folder / name).is_file()]
            if name not in seen and places:
                yield name, places[0]
                waiting.append(places[0])
            seen.add(name)


def _add(archive: tarfile.TarFile, path: Path, place: str) -> None:
    executable = path.suffix == ".so" or os.access(path, os.X_OK)
    _write(archive, place, path.read_bytes(), 0o755 if executable else 0o644)


def _write(archive: tarfile.TarFile, place: str, data: bytes, mode: int = 0o755) -> None:
    entry = tarfile.TarInfo(place)
    entry.size, entry.mode = len(data), mode
    archive.addfile(entry, io.BytesIO(data))


def _link(archive: tarfile.TarFile, place: str, to: str) -> None:
    entry = tarfile.TarInfo(place)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    archive.addfile(entry)
