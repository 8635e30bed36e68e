"""Native files that need a newer C library, or a library that the image lacks.

Weak needs do not count, nor do files for another machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..context import CheckContext
from ..finding import Finding
from ..image import elf
from ..image.elf import Elf, Need
from ..image.libraries import Libraries, family, number
from ..image.machine import image_machine
from ..image.native_files import Native, groups, natives
from ..python.distributions import Distribution

_SYMBOLS = 3  # as many as a message names


@dataclass(frozen=True)
class _Gap:
    native: Native
    elf: Elf
    need: Need


def check(context: CheckContext) -> Iterator[Finding]:
    """Compare what native files need with what the image has, a distribution at a time."""
    libraries = Libraries(context)
    machine = image_machine(context)
    for owner, found in groups(natives(context.tree)):
        # Files for another machine are the architecture check's, and their libraries have others'
        # versions: those of arm64's C library begin at GLIBC_2.17.
        readable = [
            (native, native.elf) for native in found if native.elf and native.elf.machine == machine
        ]
        musl = [native for native, file in readable if libraries.lacks_musl(native, file)]
        if musl:
            yield _musl(owner, musl)
            continue
        gaps = [
            _Gap(native, file, need)
            for native, file in readable
            for need in file.needs
            if libraries.lacks(native, file, need)
        ]
        if gaps:
            yield _too_old(context, owner, gaps, libraries)
        missing = [
            (name, native) for native, file in readable for name in libraries.missing(native, file)
        ]
        if missing:
            yield _missing(owner, missing)


def _too_old(
    context: CheckContext, owner: Distribution | None, gaps: Sequence[_Gap], libraries: Libraries
) -> Finding:
    worst = max(
        gaps, key=lambda gap: (family(gap.need.version) == "GLIBC", number(gap.need.version))
    )
    need, native = worst.need, worst.native
    have = libraries.newest(native, worst.elf, need)
    names = _symbols(context, native, need)
    shown = ", ".join(names[:_SYMBOLS]) + (", …" if len(names) > _SYMBOLS else "")
    files = len({gap.native.path for gap in gaps})
    message = (
        f"{_who(owner)} needs {need.version} of {need.library}"
        + (f" (for {shown})" if shown else "")
        + (f"; the image's ends at {have}" if have else "; the image's does not have it")
        + (f"; {files} files are affected" if files > 1 else "")
    )
    if not context.whole:
        message = message.replace("the image's ends", f"that of provided:{context.base} ends")
    return Finding("SF501", message, _remedy(context, owner, need), native.path)


def _symbols(context: CheckContext, native: Native, need: Need) -> list[str]:
    """Return the symbols that need a version; a message can do without them."""
    try:
        return elf.versioned_symbols(context.tree.read(native.path), need.index)
    except elf.MalformedElf:
        return []


def _remedy(context: CheckContext, owner: Distribution | None, need: Need) -> str:
    bases = context.data.get("libraries", {})
    enough = [
        name
        for name, has in bases.items()
        if number(need.version) <= number(has.get(family(need.version), "0"))
    ]
    other = f"; or build on provided:{enough[0]}, which has it" if enough else ""
    if owner is None:
        return f"build it in the image it will run in{other}"
    return (
        f"pin an older {owner.name} that has a manylinux2014 wheel, or build it in the image: "
        f"pip install --no-binary {owner.name}{other}"
    )


def _musl(owner: Distribution | None, found: Sequence[Native]) -> Finding:
    return Finding(
        "SF501",
        f"{_who(owner)} was built for musl (Alpine Linux), and the image has glibc",
        "install it in the image, not in an Alpine stage: pip then takes the manylinux wheel",
        found[0].path,
    )


def _missing(owner: Distribution | None, missing: Sequence[tuple[str, Native]]) -> Finding:
    names = ", ".join(dict.fromkeys(name for name, _ in missing))
    return Finding(
        "SF503",
        f"{_who(owner)} needs {names}, which the loader finds nowhere in the image",
        "install the library in the Dockerfile, or COPY it to /var/task/lib or /opt/lib; if this "
        "file is never loaded, say so: --ignore SF503=reason",
        missing[0][1].path,
    )


def _who(owner: Distribution | None) -> str:
    if owner is None:
        return "the file"
    # The most precise of a wheel's platforms is the one that names glibc's version.
    platforms = sorted(platform for platform in owner.platforms if platform != "any")
    return owner.title + (f" ({platforms[-1]})" if platforms else "")
