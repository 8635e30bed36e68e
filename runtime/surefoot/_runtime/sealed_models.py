"""Serves botocore's models from the sealed file: same values, in fresh objects at each call.

Two methods of ``botocore.loaders`` are wrapped. ``JSONFileLoader._load_file`` unpacks a model from
the file instead of decompressing and parsing JSON, if the size and time of its JSON file are those
sealed. ``Loader.list_available_services`` does not look through all 400 folders for each kind of
model, if the times of these folders are those sealed. Both pass everything else on to the original:
other paths, subclasses, loaders with replaced methods.
"""

import marshal
import posix
import sys

from .sealed_file import SealedFile, is_same_time, is_unchanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


def serve_models(loaders: "ModuleType", file: SealedFile) -> None:
    """Wrap the methods of this module, which is botocore.loaders."""
    kind, loader = loaders.JSONFileLoader, loaders.Loader
    kind._load_file = _wrap(kind._load_file, _make_load_file(loaders, file, kind._load_file))  # noqa: SLF001
    listing = loader.list_available_services
    loader.list_available_services = _wrap(listing, _make_listing(loaders, file, listing))


def _wrap(original: "Callable[..., Any]", replacement: "Any") -> "Callable[..., Any]":
    # As functools.wraps would: inspect then shows the original's signature and source.
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(replacement, name, getattr(original, name))
    replacement.__dict__.update(original.__dict__)
    replacement.__wrapped__ = original
    return replacement  # type: ignore[no-any-return]


def _make_load_file(
    loaders: "ModuleType", file: SealedFile, original: "Callable[..., Any]"
) -> "Callable[..., Any]":
    models = file.index["models"]
    logger = loaders.logger

    def _load_file(self: "Any", full_path: str, open_method: "Any") -> "Any":
        entry = models.get(full_path) if type(full_path) is str else None
        if entry is not None and is_unchanged(full_path, entry[0], entry[1]):
            data = file.data(*entry[2:])
            if data is not None:
                model = _unpickle(data)
                logger.debug("Loading JSON file: %s", full_path)
                return model
        return original(self, full_path, open_method)

    return _load_file


def _unpickle(data: bytes) -> "Any":
    """Return the object. Leaves no module behind that the function would not have loaded itself."""
    global _loads  # noqa: PLW0603
    if _loads is None:
        known = set(sys.modules)
        from _pickle import loads

        for name in ("_pickle", "_compat_pickle"):
            if name not in known:
                sys.modules.pop(name, None)
        _loads = loads
    return _loads(data)


_loads: "Callable[[bytes], Any] | None" = None


def _make_listing(
    loaders: "ModuleType", file: SealedFile, original: "Callable[..., Any]"
) -> "Callable[..., Any]":
    # By folder of data: its time, and by service the times of its folders and their files. Looked
    # at once during init, and again at each call after it.
    trees: dict[str, Any] = {}
    exists = loaders.JSONFileLoader.exists

    def list_available_services(self: "Any", *words: "Any", **named: "Any") -> "Any":
        # As botocore's cache has it: one list for a type given by position, another by name.
        key = (
            "list_available_services",
            *words,
            *[part for pair in named.items() for part in pair],
        )
        usual = type(self.file_loader) is loaders.JSONFileLoader
        if usual and loaders.JSONFileLoader.exists is exists and _is_new(key, self._cache):
            if file.released:
                trees.clear()
            found = _list_services(self, key[-1], file, trees)
            if found is not None:
                self._cache[key] = found
        return original(self, *words, **named)

    return list_available_services


def _is_new(key: "tuple[Any, ...]", cache: "dict[Any, Any]") -> bool:
    """Whether a call has the arguments of the method, and was not made before."""
    return (
        type(key[-1]) is str
        and (len(key) == 2 or (len(key) == 3 and key[1] == "type_name"))
        and key not in cache
    )


def _list_services(
    loader: "Any", type_name: str, file: SealedFile, trees: "dict[str, Any]"
) -> "list[str] | None":
    services: set[str] = set()
    for place in loader._potential_locations():  # noqa: SLF001
        if place not in trees:
            trees[place] = _current_tree(place, file)
        tree = trees[place]
        if tree is None:
            return None
        services.update(name for name, types in tree.items() if type_name in types)
    return sorted(services)


def _current_tree(place: str, file: SealedFile) -> "dict[str, frozenset[str]] | None":
    """Return the types of models of each service in the folder, or None if it is not as sealed."""
    part = file.index["data"].get(place)
    data = file.data(*part) if part else None
    if data is None:
        return None
    folders, tree = marshal.loads(data)  # noqa: S302  (its hash is right)
    stat = posix.stat
    try:
        for name, time_ns in folders:
            if not is_same_time(stat(place + name).st_mtime_ns, time_ns):
                return None
    except OSError:
        return None
    return tree  # type: ignore[no-any-return]
