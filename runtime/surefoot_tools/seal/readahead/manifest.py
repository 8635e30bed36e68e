"""The manifest of the files and folders that a start reads; see ``surefoot._runtime.readahead``."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Sequence

from surefoot._runtime.readahead import PIECE, RECORD

from .child import LISTED, LOOKED_UP, mappings

# Not part of the image when the function runs: the kernel's, and what Lambda mounts.
OUTSIDE_IMAGE = ("/proc/", "/sys/", "/dev/", "/run/", "/tmp/")


def build_manifest(
    trace: Iterable[str], outside_image: tuple[str, ...] = OUTSIDE_IMAGE
) -> list[str]:
    """Return the manifest's lines, without line ends, in the order of first use."""
    # One dictionary for both, because they share one order: folders end with a slash.
    touched: dict[str, set[int]] = {}
    for entry in trace:
        kind, (path, _, pieces) = entry[:1], os.path.normpath(entry[1:]).partition("\t")
        if kind == LOOKED_UP:
            path = os.path.dirname(path)
        if kind in (LISTED, LOOKED_UP):
            path = f"{path.rstrip('/')}/"
        if path.startswith(outside_image):
            continue
        touched.setdefault(path, set()).update(map(int, pieces.split()))
    lines = {path: _file_line(path, pieces) for path, pieces in touched.items() if path[-1] != "/"}
    covered = _ancestors(path for path, line in lines.items() if line)
    lines.update((path, path) for path in _deepest([*touched.keys() - lines.keys()], covered))
    return [line for path in touched if (line := lines.get(path))]


def write_manifest(lines: Sequence[str], path: str = RECORD) -> None:
    """Write a manifest that every user may read, unless it is there already. Raises OSError."""
    text = "".join(f"{line}\n" for line in lines)
    if _without_nondeterminism(_content(path)) == _without_nondeterminism(text):
        return
    temporary = f"{path}.new"
    with open(temporary, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)


def remove_manifest(path: str = RECORD) -> None:
    """Remove the manifest of an earlier build. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def missing_paths(lines: Sequence[str]) -> list[str]:
    """Return the paths of a manifest that no longer exist: if there are any, it is out of date."""
    paths = [line.partition("\t")[0] for line in lines]
    return [path for path in paths if not os.path.exists(path)]


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _without_nondeterminism(manifest: str) -> list[str]:
    """Return the part of a manifest that is the same in every run.

    Which pages the kernel maps around the needed ones varies: so do the pieces of a library, and
    whether a file that every interpreter maps had new pages at all.
    """
    everywhere = {path for path, *_ in mappings()}
    lines = [line.partition("\t") for line in manifest.splitlines()]
    return [
        path if ".so" in path else path + tab + rest
        for path, tab, rest in lines
        if path not in everywhere
    ]


def _file_line(path: str, pieces: set[int]) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return ""
    last = (status.st_size - 1) // PIECE
    # What was opened was read from end to end; of what was mapped, we know the pages.
    numbers = sorted(number for number in pieces if number <= last) or range(last + 1)
    if list(numbers) == [0]:
        return path
    return f"{path}\t{' '.join(map(str, numbers))}"


def _ancestors(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) not in found:
            found.add(path)
    return found


def _deepest(folders: Sequence[str], covered: set[str]) -> list[str]:
    """Return the folders that no way to a file or to another folder leads through."""
    there = [path for path in folders if path[:-1] not in covered and os.path.isdir(path)]
    above = _ancestors(path[:-1] for path in there)
    return [path for path in there if path[:-1] not in above]
