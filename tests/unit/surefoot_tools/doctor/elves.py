"""Writes small ELF files: a dynamic section with what a test wants the loader to be asked for."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

X86_64, AARCH64 = 62, 183
_BASE = 0x1000


def elf(
    needs: Mapping[str, Sequence[str]] | None = None,
    defines: Sequence[str] = (),
    *,
    machine: int = X86_64,
    runpath: str = "",
    weak: bool = False,
    order: str = "<",
) -> bytes:
    """Return a shared library of 64 bits.

    :param needs: versions by library, each with one undefined symbol named after the version
    """
    needs = needs or {}
    strings = bytearray(b"\0")

    def text(value: str) -> int:
        place = len(strings)
        strings.extend(value.encode() + b"\0")
        return place

    libraries = {name: text(name) for name in needs}
    tags = [(1, place) for place in libraries.values()]
    if runpath:
        tags.append((29, text(runpath)))
    symbols, versions = [bytes(24)], [0]
    verneed, index = b"", 2
    for number, (library, names) in enumerate(needs.items()):
        inner = b""
        for place, name in enumerate(names):
            following = 16 if place + 1 < len(names) else 0
            inner += struct.pack(order + "IHHII", 0, 2 if weak else 0, index, text(name), following)
            symbols.append(struct.pack(order + "IBBHQQ", text(f"call_{name}"), 0x12, 0, 0, 0, 0))
            versions.append(index)
            index += 1
        following = 16 + len(inner) if number + 1 < len(needs) else 0
        head = (1, len(names), libraries[library], 16, following)
        verneed += struct.pack(order + "HHIII", *head) + inner
    verdef = b""
    every = ["libself.so.1", *defines] if defines else []
    for number, name in enumerate(every):
        following = 28 if number + 1 < len(every) else 0
        definition = (1, 0 if number else 1, number + 1, 1, 0, 20, following)
        verdef += struct.pack(order + "HHHHIII", *definition) + struct.pack(
            order + "II", text(name), 0
        )
    hashes = struct.pack(order + "III", 1, len(symbols), 0) + bytes(4 * len(symbols))
    parts = {
        5: bytes(strings),
        6: b"".join(symbols),
        4: hashes,
        0x6FFFFFF0: struct.pack(f"{order}{len(versions)}H", *versions),
        0x6FFFFFFE: verneed,
        0x6FFFFFFC: verdef,
    }
    offset, body = 64 + 2 * 56, b""
    for tag, content in parts.items():
        if content:
            tags.append((tag, _BASE + offset + len(body)))
            body += content + bytes(-len(content) % 8)
    tags += [(10, len(strings)), (0x6FFFFFFF, len(needs)), (0x6FFFFFFD, len(every)), (0, 0)]
    dynamic = b"".join(struct.pack(order + "qQ", *tag) for tag in tags)
    start, size = offset + len(body), offset + len(body) + len(dynamic)
    ident = b"\x7fELF" + bytes([2, 1 if order == "<" else 2, 1]) + bytes(9)
    header = ident + struct.pack(
        order + "HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0
    )
    load = struct.pack(order + "IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    here = (start, _BASE + start, _BASE + start, len(dynamic), len(dynamic), 8)
    return header + load + struct.pack(order + "IIQQQQQQ", 2, 6, *here) + body + dynamic
