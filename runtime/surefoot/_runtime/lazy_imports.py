"""Lazy imports for the function, with the switch of Python 3.15 (PEP 810); loaded only when asked.

``import a`` at the top of a module then only notes the name, and the module is loaded when the name
is first used. Init gets shorter by all that no invocation uses; the first invocation pays for what
it uses. What must be loaded at once, ``surefoot seal --event`` finds out and writes next to the
record for reading ahead.
"""

import posix
import sys

from .._process.operator_log import log_to_operator
from .readahead import RECORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EAGER = f"{RECORD}.eager"
_MAX_BYTES = 1 << 20


def enable(setting: str, eager_file: str = EAGER) -> None:
    """Make imports of the function's modules lazy from now on.

    :param setting: 1 for all imports, or names of packages whose imports are to be lazy; after
        a minus, one whose imports are not
    :param eager_file: names of packages and modules, a line each, that are imported at once
    """
    if not hasattr(sys, "set_lazy_imports"):
        version = "{}.{}".format(*sys.version_info[:2])
        log_to_operator(
            f"SUREFOOT_LAZY_IMPORTS has no effect: this is Python {version}, and lazy imports need "
            "3.15. Build the image with that, or unset the variable."
        )
        return
    switch: Any = sys
    switch.set_lazy_imports_filter(make_filter(setting, read_eager(eager_file)))
    switch.set_lazy_imports("all")


def make_filter(setting: str, eager: "frozenset[str]") -> "Any":
    """Return what decides about each import: called with importer, imported module and names."""
    names = split(setting)
    eager |= {name[1:] for name in names if name[0] == "-"}
    packages = None if "1" in names else names

    def is_lazy(_importer: str, name: str, _names: object = None) -> bool:
        parents = _with_parents(name)
        wanted = packages is None or not packages.isdisjoint(parents)
        return wanted and eager.isdisjoint(parents)

    return is_lazy


def split(names: str) -> "frozenset[str]":
    """Return the names in a list with commas."""
    return frozenset(filter(None, (name.strip() for name in names.split(","))))


def read_eager(path: str) -> "frozenset[str]":
    """Return the names in the file; none if there is no such file."""
    try:
        descriptor = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return frozenset()
    try:
        text = posix.read(descriptor, _MAX_BYTES).decode("utf-8", "replace")
    finally:
        posix.close(descriptor)
    return frozenset(text.split())


def _with_parents(name: str) -> "list[str]":
    found = [name]
    while "." in name:
        name = name.rpartition(".")[0]
        found.append(name)
    return found
