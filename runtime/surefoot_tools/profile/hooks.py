"""What the probe puts into the import system of the process that it watches."""

import builtins
import sys
import time
from _frozen_importlib_external import SourceLoader  # importlib would load it by another name

from .frames import caller, described, path_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .probe import Probe


def install(probe: "Probe") -> None:
    """Tell the probe of modules that are found, of compiling, of import statements."""
    sys.meta_path.insert(0, _Finder(probe))
    _time_compiling(probe)
    _watch_statements(probe)


class _Finder:
    """Stands first on sys.meta_path, asks the others, and notes what they found."""

    def __init__(self, probe: "Probe") -> None:
        self.probe = probe

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                # importlib.import_module() comes by here only; of statements this is known.
                importer, file, line = caller(sys._getframe(1))  # noqa: SLF001
                self.probe.tell("edge", importer, name, file, line)
                self.probe.tell("spec", name, *described(spec), self.probe.phase)
                return spec
        return None


def _time_compiling(probe: "Probe") -> None:
    original = SourceLoader.source_to_code

    def source_to_code(self: "Any", data: "Any", path: "Any", **options: "Any") -> "Any":
        begin = time.perf_counter_ns()
        code = original(self, data, path, **options)
        microseconds = (time.perf_counter_ns() - begin) // 1000
        probe.tell("compiled", getattr(self, "name", ""), path_text(path), microseconds)
        return code

    SourceLoader.source_to_code = source_to_code  # type: ignore[method-assign]


def _watch_statements(probe: "Probe") -> None:
    """Note every import statement, also those whose module is loaded already."""
    original = builtins.__import__

    def watched(
        name: str,
        globals: "Any" = None,  # noqa: A002  (their names are those of the original)
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        module = original(name, globals, locals, fromlist, level)
        note(name, globals or {}, fromlist or (), level)
        return module

    def note(name: str, namespace: "Any", fromlist: "Any", level: int) -> None:
        importer = str(namespace.get("__name__", ""))
        if level:
            package = str(namespace.get("__package__") or importer)
            for _ in range(level - 1):
                package = package.rpartition(".")[0]
            name = f"{package}.{name}" if name else package
        wanted = [name, *(f"{name}.{each}" for each in fromlist)]
        _, file, line = caller(sys._getframe(2))  # noqa: SLF001
        for each in wanted:
            if each in sys.modules and ("statement", importer, each) not in probe.told:
                probe.told.add(("statement", importer, each))
                probe.tell("edge", importer, each, file, line)

    builtins.__import__ = watched
