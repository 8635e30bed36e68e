"""The shared libraries that native files find in an image, and the versions they define.

Source of the search: ld.so(8). The default folders are those of Amazon Linux and of Debian.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from ..context import CheckContext
from . import elf
from .elf import Elf, Need
from .native_files import Native, natives
from .tree import Tree

_TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
# What LD_LIBRARY_PATH is in Lambda's images.
LAMBDA_PATH = (
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
)
# The families of versions that grow with each release of their library.
_NUMBERED = re.compile(r"(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)*)")
_MUSL = "musl"


class Libraries:
    """What a subject's image has; of a plain folder, what provided:al2 has (see policy.json)."""

    def __init__(self, context: CheckContext) -> None:
        self.context = context
        self._defined: dict[str, frozenset[str]] = {}
        self._names = {native.name for native in natives(context.tree)}
        self._base = context.data["libraries"][context.base]

    def lacks(self, native: Native, needing: Elf, need: Need) -> bool:
        """Return whether a needed version is not there; a library that is not is no lack here."""
        defined = self._defines(native, needing, need.library)
        if defined is not None:
            # One that defines no versions will do; the loader only says so.
            return bool(defined) and need.version not in defined
        have = None if self.context.whole else self._base.get(family(need.version))
        return have is not None and number(need.version) > number(have)

    def newest(self, native: Native, needing: Elf, need: Need) -> str:
        """Return the newest version that is there of a need's family: GLIBC_2.26, or nothing."""
        wanted = family(need.version)
        defined = self._defines(native, needing, need.library)
        if defined is None:
            have = self._base.get(wanted, "")
            return f"{wanted}_{have}" if have else ""
        same = [version for version in defined if wanted and family(version) == wanted]
        return max(same, key=number, default="")

    def missing(self, native: Native, needing: Elf) -> Sequence[str]:
        """Return the needed libraries that are not in the image; unknown for a plain folder."""
        if not self.context.whole:
            return ()
        return [
            name
            for name in needing.needed
            # What is anywhere in the tree may be loaded by then.
            if name not in self._names and self._find(native, needing, name) is None
        ]

    def lacks_musl(self, native: Native, needing: Elf) -> bool:
        """Return whether a file was linked with musl's C library, and the image's is another."""
        wanted = [name for name in (needing.interpreter, *needing.needed) if _MUSL in name]
        return any(self._find(native, needing, name) is None for name in wanted)

    def _find(self, native: Native, needing: Elf, name: str) -> str | None:
        search = [*needing.search, *library_folders(self.context, needing.machine)]
        return find_library(self.context.tree, name, search, native.path)

    def _defines(self, native: Native, needing: Elf, name: str) -> frozenset[str] | None:
        place = self._find(native, needing, name)
        if place is None:
            return None
        if place not in self._defined:
            try:
                self._defined[place] = elf.read(self.context.tree.read(place)).defines
            except elf.MalformedElf:
                self._defined[place] = frozenset()
        return self._defined[place]


def family(version: str) -> str:
    """Return GLIBC of GLIBC_2.17; nothing where versions do not grow."""
    match = _NUMBERED.fullmatch(version)
    return match[1] if match else ""


def number(version: str) -> tuple[int, ...]:
    """Return (2, 17) of GLIBC_2.17 or 2.17."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def library_folders(context: CheckContext, machine: str) -> list[str]:
    """Return the folders that every program's libraries are looked for in."""
    image = context.image
    # An empty one hides Lambda's folders as well as another does.
    own = image.variables.get("LD_LIBRARY_PATH", LAMBDA_PATH) if image else LAMBDA_PATH
    triple = _TRIPLES.get(machine, "")
    system = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib", "/usr/local/lib64"]
    if triple:
        system += [f"/lib/{triple}", f"/usr/lib/{triple}"]
    configured = _configured(context.tree)
    return list(dict.fromkeys([part for part in own.split(":") if part] + system + configured))


def find_library(tree: Tree, name: str, search: Iterable[str], path: str) -> str | None:
    """Return the file of a library that the file at `path` needs, or None.

    :param search: its RUNPATH and then the common folders; $ORIGIN is the folder of `path`
    """
    if "/" in name:
        entry = tree.resolve(name)
        return entry.path if entry else None
    origin = posixpath.dirname(path)
    for folder in search:
        place = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
        entry = tree.resolve(posixpath.join(place, name))
        if entry is not None and entry.is_file:
            return entry.path
    return None


def _configured(tree: Tree) -> list[str]:
    found: list[str] = []
    for entry in tree.under("/etc/ld.so.conf.d"):
        if entry.is_file and entry.path.endswith(".conf"):
            lines = tree.read(entry.path).decode("utf-8", "replace").splitlines()
            found += [line.strip() for line in lines if line.strip().startswith("/")]
    return found
