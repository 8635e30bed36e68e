"""Lists the native files below folders with the newest glibc that each needs.

``python -m tests.support.glibc_audit 2.26 /var/lang /opt`` exits 1 where one needs a newer one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot_tools.doctor.image.libraries import family, number
from surefoot_tools.doctor.image.native_files import Native, below
from surefoot_tools.doctor.image.tree import from_folder


@dataclass(frozen=True)
class Row:
    """One native file.

    :param needs: the newest version of glibc that it asks for; () of a static program
    :param problem: why it could not be read, or empty
    """

    path: str
    machine: str
    needs: tuple[int, ...]
    problem: str = ""


def audit(paths: Iterable[str], glibc: tuple[int, ...]) -> Iterator[tuple[Row, bool]]:
    """Yield the native files below folders, each with whether `glibc` is enough for it.

    Raises OSError where a folder cannot be listed.
    """
    for path in paths:
        top = str(Path(path).resolve())
        for native in below(from_folder(top, top), [top]):
            row = _row(native)
            yield row, not row.problem and row.needs <= glibc


def main(arguments: Sequence[str]) -> int:
    """Print a table and return the exit code."""
    if len(arguments) < 2 or not number(arguments[0]):
        sys.stderr.write("usage: python -m tests.support.glibc_audit GLIBC FOLDER...\n")
        return 2
    rows = list(audit(arguments[1:], number(arguments[0])))
    for row, is_enough in rows:
        needs = ".".join(map(str, row.needs)) or "-"
        sys.stdout.write(
            f"{'ok ' if is_enough else 'NEW'} {needs:>6} {row.machine:8} {row.path}"
            f"{'  ' + row.problem if row.problem else ''}\n"
        )
    beyond = sum(not is_enough for _, is_enough in rows)
    sys.stderr.write(f"{len(rows)} native files, {beyond} beyond glibc {arguments[0]}\n")
    return 1 if beyond else 0


def _row(native: Native) -> Row:
    if native.elf is None:
        return Row(native.path, "", (), native.problem or f"it is for {native.system}")
    needs = (number(need.version) for need in native.elf.needs if family(need.version) == "GLIBC")
    return Row(native.path, native.elf.machine, max(needs, default=()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
