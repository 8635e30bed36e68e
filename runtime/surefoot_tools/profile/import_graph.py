"""Which modules would not be loaded if some statements were not there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

Pair = tuple[str, str]


def unreachable_without(
    pairs: Iterable[Pair], loaded: Collection[str], without: Collection[Pair]
) -> set[str]:
    """Return the loaded modules that only the statements in ``without`` bring in.

    :param pairs: importer and imported, of every statement that ran
    :param loaded: the modules in question; one that nothing imports always counts as reachable
    """
    without = set(without)
    imported: dict[str, set[str]] = {}
    roots = set(loaded)
    for importer, module in pairs:
        if importer == module:
            continue
        roots.discard(module)
        if (importer, module) not in without:
            imported.setdefault(importer, set()).add(module)
    # A package is always loaded before its modules.
    roots -= {parent for name in loaded for parent in parents(name)}
    outside = {importer for importer, _ in pairs if importer not in loaded}
    return set(loaded) - _reach(roots | outside, imported)


def _reach(roots: set[str], imported: Mapping[str, set[str]]) -> set[str]:
    met: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in met:
            met.add(name)
            waiting += imported.get(name, ())
            waiting += parents(name)
    return met


def parents(name: str) -> list[str]:
    """Return the packages around a module."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
