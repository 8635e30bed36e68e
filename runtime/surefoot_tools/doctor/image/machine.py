"""Which machine an image is for."""

from __future__ import annotations

import platform

from ..context import CheckContext
from . import elf

# As uname has it, to the name that images use.
_OF_UNAME = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386", "i386": "386"}


def image_machine(context: CheckContext) -> str:
    """Return the image's machine: as its configuration, its interpreter or else this one has it."""
    if context.image and context.image.architecture:
        return context.image.architecture
    for path in ("/var/lang/bin/python3", "/usr/local/bin/python3", "/usr/bin/python3", "/bin/sh"):
        entry = context.tree.resolve(path)
        head = context.tree.read(path, 20) if entry and entry.is_file else b""
        if head.startswith(elf.MAGIC):
            number = int.from_bytes(head[18:20], "big" if head[5:6] == b"\2" else "little")
            return elf.MACHINES.get(number, "")
    return _OF_UNAME.get(platform.machine(), "")
