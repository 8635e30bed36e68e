"""Serves the modules of init from the single file that ``surefoot seal`` made of them in the build.

A function with boto3 imports some 400 modules. Finding, opening and reading a file for each takes
a tenth of its init, and its regular expressions and botocore's JSON models are parsed again at each
start. The file holds the outcome: code objects, regular expressions as the engine's programs, and
models (see sealed_models).

The function must not be able to see a difference. So nothing is served without a proof that the
import system would find the same: the size and time of the source, and no other candidate in the
folders that precede it. Otherwise this finder finds nothing, and the usual ones go on. Modules get
the usual loader; its get_code() alone returns the sealed code, once.

Here as on every cold path: builtin modules only.
"""

import _imp
import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import (
    EXTENSION_SUFFIXES,
    FileFinder,
    SourceFileLoader,
)

from .sealed_file import SealedFile, is_same_time, is_unchanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    # Module's source, its size and time (ns), whether it is a package; offset, length and hash.
    Entry = tuple[str, int, int, bool, int, int, bytes]

# As importlib.util.cache_from_source() has it. From 3.15 on, modules have no __cached__.
_LEVEL = f".opt-{sys.flags.optimize}" if sys.flags.optimize else ""
_BYTECODE = f".{sys.implementation.cache_tag}{_LEVEL}.pyc"
_SETS_CACHED = sys.version_info < (3, 15)
# Read here, not with the other settings: it decides before they are loaded.
_SWITCH = b"SUREFOOT_SEALED_INIT"


class SealedFinder:
    """The first finder of sys.meta_path, until init is over."""

    def __init__(self, file: SealedFile) -> None:
        self._file = file
        self._entries: dict[str, Entry] = file.index["modules"]
        self._hooks = list(sys.path_hooks)
        # Times of folders when they were sealed, and what was found out about them since.
        self._sealed_times: dict[str, int] = file.index["folders"]
        self._names: dict[str, tuple[int, frozenset[str]]] = {}
        self._unchanged: dict[str, bool] = {}
        self._actions: dict[str, Callable[[ModuleType], None]] = {
            "re": self._fill_cache,
            "botocore.loaders": self._serve_models,
        }

    def install(self) -> None:
        """Serve from now on."""
        sys.meta_path.insert(0, self)
        regular_expressions = sys.modules.get("re")
        if regular_expressions is not None:
            self._fill_cache(regular_expressions)

    def release(self) -> None:
        """Serve no more, and free what was not used."""
        self._entries = {}
        self._file.release_code()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def invalidate_caches(self) -> None:
        """Look at the folders again, as importlib.invalidate_caches() demands."""
        self._names.clear()
        self._unchanged.clear()

    def find_spec(
        self,
        name: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,  # noqa: ARG002  (the protocol's)
    ) -> "ModuleSpec | None":
        """Return the spec that the path finder would return, if the sealed code is that module's.

        An entry serves once: what is imported again may have been changed in between.
        """
        entry = self._entries.pop(name, None)
        if entry is None:
            return None
        origin, size, time_ns, is_package, offset, length, digest = entry
        code = None
        if self._is_found_first(name, path, origin, is_package) and is_unchanged(
            origin, size, time_ns
        ):
            code = self._file.code(offset, length, digest)
        if code is None:
            return None
        return self._make_spec(name, origin, is_package, code)

    def _make_spec(
        self, name: str, origin: str, is_package: bool, code: "CodeType"
    ) -> "ModuleSpec":
        loader: Any = SourceFileLoader(name, origin)

        def get_code(_: str) -> "CodeType":
            # From now on the loader is like any other.
            loader.__dict__.pop("get_code", None)
            return code

        loader.get_code = get_code
        action = self._actions.get(name)
        if action is not None:
            _act_after_loading(loader, action)
        spec = ModuleSpec(name, loader, origin=origin, is_package=is_package)
        spec.has_location = True
        folder, _, file = origin.rpartition("/")
        if is_package:
            spec.submodule_search_locations = [folder]
        if _SETS_CACHED:
            # The import system would find the same, by a longer way.
            spec.cached = f"{folder}/__pycache__/{file[:-3]}{_BYTECODE}"
        return spec

    def _is_found_first(
        self, name: str, path: "Sequence[str] | None", origin: str, is_package: bool
    ) -> bool:
        """Whether the path finder would come to `origin` before anything else of that name."""
        if sys.path_hooks != self._hooks:
            return False
        places = sys.path if path is None else path
        if type(places) is not list:
            return False
        folder, _, file = origin.rpartition("/")
        if is_package:
            if not self._is_only_candidate(folder, "__init__", file):
                return False
            folder, _, file = folder.rpartition("/")
        stem = name.rpartition(".")[2]
        for place in places:
            if type(place) is not str or place[:1] != "/":
                return False
            finder = sys.path_importer_cache.get(place)
            if finder is not None and type(finder) is not FileFinder:
                return False
            if place == folder:
                return self._is_only_candidate(folder, stem, file)
            if self._may_hold(place, stem):
                return False
        return False

    def _may_hold(self, place: str, stem: str) -> bool:
        try:
            time_ns = posix.stat(place).st_mtime_ns
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True
        known = self._names.get(place)
        if known is None or known[0] != time_ns:
            try:
                names = posix.listdir(place)
            except OSError:
                # An archive: what is in it, its own finder knows.
                return True
            stems = frozenset(entry.partition(".")[0] for entry in names)
            known = self._names[place] = time_ns, stems
        return stem in known[1]

    def _is_only_candidate(self, folder: str, stem: str, file: str) -> bool:
        """Whether nothing in the folder takes precedence over the file."""
        unchanged = self._unchanged.get(folder)
        if unchanged is None:
            unchanged = self._unchanged[folder] = self._is_as_sealed(folder)
        if unchanged:
            return True
        rivals = [stem + suffix for suffix in EXTENSION_SUFFIXES]
        if file != stem:
            rivals.append(stem)
        return not any(posix.access(f"{folder}/{rival}", posix.F_OK) for rival in rivals)

    def _is_as_sealed(self, folder: str) -> bool:
        sealed_ns = self._sealed_times.get(folder)
        if sealed_ns is None:
            return False
        try:
            return is_same_time(posix.stat(folder).st_mtime_ns, sealed_ns)
        except OSError:
            return False

    def _fill_cache(self, module: "ModuleType") -> None:
        """Put the sealed programs where re.compile() looks first."""
        part = self._file.index["patterns"]
        data = self._file.data(*part) if part else None
        cache = getattr(module, "_cache", None)
        if data is None or type(cache) is not dict:
            return
        import _sre  # type: ignore[import-not-found]

        for pattern, key, flags, code, groups, index, names in marshal.loads(data):  # noqa: S302
            cache.setdefault(
                (type(pattern), pattern, key),
                _sre.compile(pattern, flags, code, groups, index, names),
            )

    def _serve_models(self, module: "ModuleType") -> None:
        if self._file.index["models"] or self._file.index["data"]:
            from .sealed_models import serve_models

            serve_models(module, self._file)


def _act_after_loading(loader: "Any", action: "Callable[[ModuleType], None]") -> None:
    execute = loader.exec_module

    def exec_module(module: "ModuleType") -> None:
        if loader.__dict__.get("exec_module") is exec_module:
            del loader.exec_module
        execute(module)
        action(module)

    loader.exec_module = exec_module


def install(path: str) -> "SealedFinder | None":
    """Serve init from the file; where it is of no use, the start goes on without it."""
    if posix.environ.get(_SWITCH) == b"0":
        return None
    if _imp.check_hash_based_pycs == "always" or sys.pycache_prefix is not None:
        # These settings ask for sources to be compared, or for bytecode from elsewhere.
        return None
    try:
        finder = SealedFinder(SealedFile(path))
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        return None
    finder.install()
    return finder


def release() -> None:
    """End the service, once the first event has been answered."""
    for finder in list(sys.meta_path):
        if type(finder) is SealedFinder:
            finder.release()
