"""Reads what the dynamic linker needs from an ELF file: libraries, versions, machine.

Everything is found through the program headers, as the linker does: a stripped file has no others.
Every loop is bounded, because a file may claim any number of entries.
Source of the layout: System V ABI, chapters 4 and 5; versions: LSB Core, "Symbol Versioning".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF"
# e_machine to the names that images and wheels use.
MACHINES = {3: "386", 21: "ppc64le", 22: "s390x", 40: "arm", 62: "amd64", 183: "arm64"}

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _SYMBOLS, _STRINGS_SIZE, _RPATH, _RUNPATH = 1, 5, 6, 10, 15, 29
_HASH, _GNU_HASH = 4, 0x6FFFFEF5
_VERSIONS, _DEFINED, _DEFINED_COUNT, _NEEDS, _NEEDS_COUNT = (
    0x6FFFFFF0,
    0x6FFFFFFC,
    0x6FFFFFFD,
    0x6FFFFFFE,
    0x6FFFFFFF,
)
# More than any real file has: the largest libraries need a few hundred of each.
_MAX_ENTRIES = 5_000
_MAX_SYMBOLS = 2_000_000
_MAX_TEXT = 4_096  # bytes of a name
_WEAK = 2  # VER_FLG_WEAK: the loader only warns where it is missing
_BASE = 1  # VER_FLG_BASE: the file's own name, no version


class MalformedElf(ValueError):
    """It begins like an ELF file, but what it says of itself leads outside of it."""


@dataclass(frozen=True)
class Need:
    """A version that `library` must define; `index` is how the file's symbols refer to it."""

    library: str
    version: str
    index: int


@dataclass(frozen=True)
class Elf:
    """What one file is, needs and defines.

    :param machine: a name of MACHINES, or ``e_machine N``
    :param interpreter: the dynamic loader of a program, empty for a library or a static program
    :param search: RUNPATH, or RPATH where there is none, split at colons; $ORIGIN is not replaced
    """

    machine: str
    interpreter: str = ""
    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    defines: frozenset[str] = frozenset()


class _Image:
    """The bytes of a file, addressed as they would lie in memory. Reads outside raise."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 20 or not data.startswith(MAGIC) or data[4] not in (1, 2):
            raise MalformedElf("it is cut off within its header")
        self.data = data
        self.wide = data[4] == 2
        self.order = ">" if data[5] == 2 else "<"
        self.machine: int = self.unpack("H", 18)[0]
        start, size, count = self._table()
        form = "IIQQQQQQ" if self.wide else "IIIIIIII"
        # type, offset, address, length in the file; a 32-bit header has the flags elsewhere.
        fields = (0, 2, 3, 5) if self.wide else (0, 1, 2, 4)
        headers = [self.unpack(form, start + number * size) for number in range(count)]
        self.segments = [tuple(header[field] for field in fields) for header in headers]

    def _table(self) -> tuple[int, int, int]:
        if self.wide:
            return (*self.unpack("Q", 32), *self.unpack("HH", 54))  # type: ignore[return-value]
        return (*self.unpack("I", 28), *self.unpack("HH", 42))  # type: ignore[return-value]

    def unpack(self, form: str, offset: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + form, self.data, offset)
        except (struct.error, OverflowError):
            raise MalformedElf(f"it is cut off: nothing at byte {offset}") from None

    def offset(self, address: int) -> int:
        for kind, offset, start, length in self.segments:
            if kind == _LOAD and start <= address < start + length:
                return offset + address - start
        raise MalformedElf(f"address {address:#x} is in no segment")

    def text(self, offset: int) -> str:
        last = offset + _MAX_TEXT
        end = self.data.find(b"\0", offset, last) if offset < len(self.data) else -1
        if end < 0:
            raise MalformedElf(f"it is cut off: no text at byte {offset}")
        return self.data[offset:end].decode("utf-8", "backslashreplace")

    def of_kind(self, wanted: int) -> tuple[int, int] | None:
        """Return offset and length of the first segment of a kind."""
        return next(
            ((offset, length) for kind, offset, _, length in self.segments if kind == wanted), None
        )

    def dynamic(self) -> list[tuple[int, int]]:
        """Return the dynamic section as (tag, value)."""
        place = self.of_kind(_DYNAMIC)
        if place is None:
            return []
        form, size = ("qQ", 16) if self.wide else ("iI", 8)
        found: list[tuple[int, int]] = []
        for offset in range(place[0], place[0] + place[1], size):
            tag, value = self.unpack(form, offset)
            if tag == 0:
                break
            found.append((tag, value))
            _check_count(len(found), "dynamic entries")
        return found


def read(data: bytes) -> Elf:
    """Return what an ELF file says of itself. Raises MalformedElf."""
    image = _Image(data)
    dynamic = image.dynamic()
    tags = dict(dynamic)
    loader = image.of_kind(_INTERPRETER)
    machine = MACHINES.get(image.machine, f"e_machine {image.machine}")
    interpreter = image.text(loader[0]) if loader else ""
    if _STRINGS not in tags:
        return Elf(machine, interpreter)
    strings = image.offset(tags[_STRINGS])
    search = tags.get(_RUNPATH, tags.get(_RPATH))
    return Elf(
        machine,
        interpreter,
        tuple(image.text(strings + value) for tag, value in dynamic if tag == _NEEDED),
        tuple(part for part in image.text(strings + search).split(":") if part) if search else (),
        tuple(_needs(image, tags, strings)),
        frozenset(_defines(image, tags, strings)),
    )


def versioned_symbols(data: bytes, index: int) -> list[str]:
    """Return the names of the symbols that refer to the version of a Need, by its index.

    Raises MalformedElf.
    """
    image = _Image(data)
    tags = dict(image.dynamic())
    if _SYMBOLS not in tags or _VERSIONS not in tags:
        return []
    strings, table = image.offset(tags[_STRINGS]), image.offset(tags[_SYMBOLS])
    versions = image.offset(tags[_VERSIONS])
    count = _count(image, tags)
    _check_count(count, "symbols", _MAX_SYMBOLS)
    return [
        image.text(strings + image.unpack("I", table + number * (24 if image.wide else 16))[0])
        for number in range(count)
        if image.unpack("H", versions + 2 * number)[0] & 0x7FFF == index
    ]


def _count(image: _Image, tags: dict[int, int]) -> int:
    """Return the number of symbols up to the last undefined one; only those refer to a Need."""
    if _HASH in tags:
        return image.unpack("II", image.offset(tags[_HASH]))[1]
    if _GNU_HASH in tags:
        # Its table begins with the first defined symbol: the undefined ones come before.
        return image.unpack("II", image.offset(tags[_GNU_HASH]))[1]
    return 0


def _check_count(number: int, what: str, most: int = _MAX_ENTRIES) -> None:
    if number > most:
        raise MalformedElf(f"it has more than {most:,} {what}")


def _needs(image: _Image, tags: dict[int, int], strings: int) -> Iterator[Need]:
    if _NEEDS not in tags:
        return
    number = 0
    offset = image.offset(tags[_NEEDS])
    for _ in range(tags.get(_NEEDS_COUNT, 0)):
        number += 1
        _check_count(number, "needed versions")
        _, count, library, first, following = image.unpack("HHIII", offset)
        inner = offset + first
        for _ in range(count):
            number += 1
            _check_count(number, "needed versions")
            _, flags, index, name, further = image.unpack("IHHII", inner)
            if not flags & _WEAK:
                yield Need(image.text(strings + library), image.text(strings + name), index)
            if not further:
                break
            inner += further
        if not following:
            break
        offset += following


def _defines(image: _Image, tags: dict[int, int], strings: int) -> Iterator[str]:
    if _DEFINED not in tags:
        return
    offset = image.offset(tags[_DEFINED])
    for number in range(tags.get(_DEFINED_COUNT, 0)):
        _check_count(number, "defined versions")
        _, flags, _, _, _, first, following = image.unpack("HHHHIII", offset)
        if not flags & _BASE:
            yield image.text(strings + image.unpack("II", offset + first)[0])
        if not following:
            break
        offset += following
