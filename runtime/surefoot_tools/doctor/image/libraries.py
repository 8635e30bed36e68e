"""The shared libraries that native files find in an image, and the versions they define."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import dynamic_linker, elf
from .context import Subject
from .elf import Elf, Need
from .native_files import Native, natives

# The families of versions that grow with each release of their library.
_NUMBERED = re.compile(r"(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)*)")
_MUSL = "musl"


class Libraries:
    """What a subject's image has; of a plain folder, what provided:al2 has (see policy.json)."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._defined: dict[str, frozenset[str]] = {}
        self._names = {native.name for native in natives(subject.tree)}
        self._base = subject.policy.get("libraries", {}).get("al2", {})

    def lacks(self, native: Native, needing: Elf, need: Need) -> bool:
        """Return whether a needed version is not there; a library that is not is no lack here."""
        defined = self._defines(native, needing, need.library)
        if defined is not None:
            # One that defines no versions will do; the loader only says so.
            return bool(defined) and need.version not in defined
        have = None if self.subject.whole else self._base.get(family(need.version))
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
        """Return the needed libraries that are nowhere. Of a plain folder nobody can tell."""
        if not self.subject.whole:
            return ()
        return [
            name
            for name in needing.needed
            # What the tree has somewhere may be loaded by then, from wherever it lies.
            if name not in self._names and self._find(native, needing, name) is None
        ]

    def lacks_musl(self, native: Native, needing: Elf) -> bool:
        """Return whether a file was linked with musl's C library, and the image's is another."""
        wanted = [name for name in (needing.interpreter, *needing.needed) if _MUSL in name]
        return any(self._find(native, needing, name) is None for name in wanted)

    def _find(self, native: Native, needing: Elf, name: str) -> str | None:
        search = [*needing.search, *dynamic_linker.folders(self.subject, needing.machine)]
        return dynamic_linker.find(self.subject.tree, name, search, native.path)

    def _defines(self, native: Native, needing: Elf, name: str) -> frozenset[str] | None:
        place = self._find(native, needing, name)
        if place is None:
            return None
        if place not in self._defined:
            try:
                self._defined[place] = elf.read(self.subject.tree.read(place)).defines
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
