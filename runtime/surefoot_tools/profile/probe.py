"""Runs inside the profiled process, in the run for details only, and writes events.

Each event is one line, the ASCII form of a tuple, written as it happens, so that nothing is lost
however the process ends. Only builtin modules are imported, so that it sees what the function
loads.

    ("spec", module, origin, loader, phase)      a module was found, or was there from the start
    ("edge", importer, module, file, line)       code imported a module, for the first time
    ("compiled", module, file, microseconds)     its source was compiled: it has no bytecode
    ("read", file, phase)                        a file was opened for reading
    ("ran", file, line, caller's file, phase)    a Python function ran, at the line of its def
    ("ran_c", module, caller's file, phase)      a C function ran
    ("phase", "call")                            init is over
    ("trouble", what)                            from now on, some functions are not seen
"""

import builtins
import posix
import sys
import time
from _frozen_importlib_external import SourceLoader  # importlib loads it under another name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

HERE = __file__.rpartition("/")[0] + "/"
_MACHINERY = ("<frozen importlib", "/importlib/__init__.py")
_WRITING = posix.O_WRONLY | posix.O_RDWR


class Probe:
    """Where to write, the current phase, and what has been written already."""

    def __init__(self, descriptor: int, port: int) -> None:
        self.descriptor = descriptor
        self.port = port
        self.pid = posix.getpid()
        self.phase = "init"
        self.emitted: set[object] = set()
        self.codes: set[object] = set()

    def emit(self, *event: object) -> None:
        # A forked child inherits the hooks, but is not the profiled process.
        if event in self.emitted or posix.getpid() != self.pid:
            return
        self.emitted.add(event)
        try:
            posix.write(self.descriptor, (ascii(event) + "\n").encode())
        except OSError:
            return  # the reader is gone, and the function must not notice

    def audit(self, event: str, arguments: "tuple[Any, ...]") -> None:
        # An exception in an audit hook would stop what the function does.
        action = _ACTIONS.get(event)
        if action is not None:
            try:
                action(self, arguments)
            except Exception as error:
                self.emit("trouble", f"{event}: {error}")

    def on_open(self, arguments: "tuple[Any, ...]") -> None:
        path, mode, flags = arguments
        writes = (
            any(letter in mode for letter in "wax+")
            if isinstance(mode, str)
            else bool(flags & _WRITING)
        )
        if not writes and not isinstance(path, int):
            self.emit("read", _path_text(path), self.phase)

    def on_import(self, arguments: "tuple[Any, ...]") -> None:
        name, path = arguments[:2]
        if path is not None:
            self.emit("read", _path_text(path), self.phase)
            return
        importer, file, line = _importing_statement(sys._getframe(2))  # noqa: SLF001
        self.emit("edge", importer, name, file, line)

    def on_connect(self, arguments: "tuple[Any, ...]") -> None:
        address = arguments[1]
        if self.phase == "init" and isinstance(address, tuple) and address[1] == self.port:
            self.phase = "call"
            self.emit("phase", "call")

    def on_thread_start(self, _: "tuple[Any, ...]") -> None:
        threading = sys.modules.get("threading")
        if threading is None:
            self.emit("trouble", "the function starts threads without the threading module")
        else:
            threading.setprofile(self.on_call)

    def on_fork(self, _: "tuple[Any, ...]") -> None:
        self.emit("trouble", "the function forks")

    def on_setprofile(self, _: "tuple[Any, ...]") -> None:
        # The function's own profiler or coverage tool replaces this one.
        if not _importing_statement(sys._getframe(2))[1].endswith("/threading.py"):  # noqa: SLF001
            self.emit("trouble", "the function calls sys.setprofile()")

    def on_call(self, frame: "FrameType", event: str, argument: "Any") -> None:
        """Emit each function once for every file that calls it; see sys.setprofile()."""
        if event == "call":
            back = frame.f_back
            code: CodeType = frame.f_code
            called_from = back.f_code.co_filename if back is not None else ""
            key: object = (code, called_from, self.phase)
            if key not in self.codes:
                self.codes.add(key)
                if not code.co_filename.startswith(HERE):
                    ran = (code.co_filename, code.co_firstlineno)
                    self.emit("ran", *ran, called_from, self.phase)
        elif event == "c_call":
            module = _module_of(argument)
            if module and module != "builtins":
                self.emit("ran_c", module, frame.f_code.co_filename, self.phase)


_ACTIONS = {
    "open": Probe.on_open,
    "import": Probe.on_import,
    "socket.connect": Probe.on_connect,
    "os.fork": Probe.on_fork,
    "sys.setprofile": Probe.on_setprofile,
    "_thread.start_new_thread": Probe.on_thread_start,
}


def install(descriptor: int, port: int) -> None:
    """Emit the events of this process from now on.

    :param descriptor: for the events; not inherited by programs that the function starts
    :param port: of the Runtime API; the first connection to it ends the init phase
    """
    posix.set_inheritable(descriptor, False)
    probe = Probe(descriptor, port)
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is not None:
            probe.emit("spec", name, *_describe_spec(spec), "start")
    _install_import_hooks(probe)
    sys.setprofile(probe.on_call)
    sys.addaudithook(probe.audit)


def _install_import_hooks(probe: Probe) -> None:
    """Emit the modules that are found, compilations and import statements."""
    sys.meta_path.insert(0, _Finder(probe))
    _time_compiling(probe)
    _watch_statements(probe)


class _Finder:
    """The first entry of sys.meta_path: asks the others and emits what they find."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                # importlib.import_module() is seen only here; statements are seen twice.
                importer, file, line = _importing_statement(sys._getframe(1))  # noqa: SLF001
                self.probe.emit("edge", importer, name, file, line)
                self.probe.emit("spec", name, *_describe_spec(spec), self.probe.phase)
                return spec
        return None


def _time_compiling(probe: Probe) -> None:
    original = SourceLoader.source_to_code

    # 3.15 hands the module's name over after the path.
    def source_to_code(
        self: "Any", data: "Any", path: "Any", *more: "Any", **options: "Any"
    ) -> "Any":
        begin = time.perf_counter_ns()
        code = original(self, data, path, *more, **options)
        microseconds = (time.perf_counter_ns() - begin) // 1000
        probe.emit("compiled", getattr(self, "name", ""), _path_text(path), microseconds)
        return code

    SourceLoader.source_to_code = source_to_code  # type: ignore[method-assign]


def _watch_statements(probe: Probe) -> None:
    """Emit every import statement, even if its module is loaded already."""
    original = builtins.__import__

    def watched(
        name: str,
        globals: "Any" = None,  # noqa: A002  (the names of the original)
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        module = original(name, globals, locals, fromlist, level)
        emit_statement(name, globals or {}, fromlist or (), level)
        return module

    def emit_statement(name: str, namespace: "Any", fromlist: "Any", level: int) -> None:
        importer = str(namespace.get("__name__", ""))
        if level:
            package = str(namespace.get("__package__") or importer)
            for _ in range(level - 1):
                package = package.rpartition(".")[0]
            name = f"{package}.{name}" if name else package
        wanted = [name, *(f"{name}.{each}" for each in fromlist)]
        _, file, line = _importing_statement(sys._getframe(2))  # noqa: SLF001
        for each in wanted:
            if each in sys.modules and ("statement", importer, each) not in probe.emitted:
                probe.emitted.add(("statement", importer, each))
                probe.emit("edge", importer, each, file, line)

    builtins.__import__ = watched


def _module_of(function: "Any") -> str:
    """Return the module of a C function or method, or an empty string."""
    try:
        module = function.__module__
        if module is None:
            owner = function.__self__
            module = (owner if isinstance(owner, type) else type(owner)).__module__
    except Exception:  # a property that raises must not fail the call
        return ""
    return module if isinstance(module, str) else ""


def _describe_spec(spec: "Any") -> "tuple[str | None, str]":
    """Return a module's file and the name of its loader's class."""
    loader = spec.loader
    kind = loader if isinstance(loader, type) else type(loader)
    return spec.origin if spec.has_location else None, kind.__name__


def _path_text(path: "Any") -> str:
    """Return a path of any type as text."""
    path = posix.fspath(path)
    return path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else str(path)


def _importing_statement(frame: "FrameType | None") -> "tuple[str, str, int]":
    """Return module, file and line of the importing statement, outside of the import machinery."""
    while frame is not None:
        file = frame.f_code.co_filename
        if (
            not file.startswith(HERE)
            and not file.startswith(_MACHINERY[0])
            and _MACHINERY[1] not in file
        ):
            return str(frame.f_globals.get("__name__", "")), file, frame.f_lineno
        frame = frame.f_back
    return "", "", 0
