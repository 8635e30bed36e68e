"""Runs inside the profiled process, in the run for details only, and reports what happens.

Each event is one line, the ASCII form of a tuple, written as it happens, so that nothing is lost
however the process ends. Only builtin modules are imported: what the function loads must be seen.

    ("spec", module, origin, loader, phase)      a module was found, or was there from the start
    ("edge", importer, module, file, line)       code asked for a module, for the first time
    ("compiled", module, file, microseconds)     its source was compiled, for want of bytecode
    ("read", file, phase)                        a file was opened for reading
    ("ran", file, line, caller's file, phase)    a Python function ran, at the line of its def
    ("ran_c", module, caller's file, phase)      a C function ran
    ("phase", "call")                            init is over
    ("trouble", what)                            from now on not every function is seen
"""

import posix
import sys
import time
from _frozen_importlib_external import SourceLoader  # importlib would load it by another name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_WRITING = posix.O_WRONLY | posix.O_RDWR
_MACHINERY = ("<frozen importlib", "/importlib/__init__.py")


class _Probe:
    """The state: where to write, which phase it is, what has been told already."""

    def __init__(self, descriptor: int, port: int) -> None:
        self.descriptor = descriptor
        self.port = port
        self.pid = posix.getpid()
        self.phase = "init"
        self.told: set[object] = set()
        self.codes: set[object] = set()

    def tell(self, *event: object) -> None:
        # A forked child inherits all this, but what it does is not what is asked.
        if event in self.told or posix.getpid() != self.pid:
            return
        self.told.add(event)
        try:
            posix.write(self.descriptor, (ascii(event) + "\n").encode())
        except OSError:
            return  # nobody listens any more, and the function is not to notice

    def audit(self, event: str, arguments: "tuple[Any, ...]") -> None:
        # An exception in an audit hook would stop what the function does.
        action = _ACTIONS.get(event)
        if action is not None:
            try:
                action(self, arguments)
            except Exception as error:
                self.tell("trouble", f"{event}: {error}")

    def opened(self, arguments: "tuple[Any, ...]") -> None:
        path, mode, flags = arguments
        writes = (
            any(letter in mode for letter in "wax+")
            if isinstance(mode, str)
            else bool(flags & _WRITING)
        )
        if not writes and not isinstance(path, int):
            self.tell("read", path_text(path), self.phase)

    def importing(self, arguments: "tuple[Any, ...]") -> None:
        name, path = arguments[:2]
        if path is not None:
            self.tell("read", path_text(path), self.phase)
            return
        importer, file, line = caller(sys._getframe(2))  # noqa: SLF001
        self.tell("edge", importer, name, file, line)

    def connecting(self, arguments: "tuple[Any, ...]") -> None:
        address = arguments[1]
        if self.phase == "init" and isinstance(address, tuple) and address[1] == self.port:
            self.phase = "call"
            self.tell("phase", "call")

    def threading(self, _: "tuple[Any, ...]") -> None:
        threading = sys.modules.get("threading")
        if threading is None:
            self.tell("trouble", "the function starts threads without the threading module")
        else:
            threading.setprofile(self.profiled)

    def forking(self, _: "tuple[Any, ...]") -> None:
        self.tell("trouble", "the function forks")

    def unprofiled(self, _: "tuple[Any, ...]") -> None:
        # A profiler or coverage tool of the function's own takes our place.
        if not caller(sys._getframe(2))[1].endswith("/threading.py"):  # noqa: SLF001
            self.tell("trouble", "the function calls sys.setprofile()")

    def profiled(self, frame: "FrameType", event: str, argument: "Any") -> None:
        """Note each function once for every file that calls it; see sys.setprofile()."""
        if event == "call":
            back = frame.f_back
            code: CodeType = frame.f_code
            called_from = back.f_code.co_filename if back is not None else ""
            key: object = (code, called_from, self.phase)
            if key not in self.codes:
                self.codes.add(key)
                if code.co_filename != __file__:
                    ran = (code.co_filename, code.co_firstlineno)
                    self.tell("ran", *ran, called_from, self.phase)
        elif event == "c_call":
            module = home(argument)
            if module and module != "builtins":
                self.tell("ran_c", module, frame.f_code.co_filename, self.phase)


class _Finder:
    """Stands first on sys.meta_path, asks the others, and notes what they found."""

    def __init__(self, probe: _Probe) -> None:
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


def home(function: "Any") -> str:
    """Return the module of a C function or method, or nothing."""
    try:
        module = function.__module__
        if module is None:
            owner = function.__self__
            module = (owner if isinstance(owner, type) else type(owner)).__module__
    except Exception:  # a type may compute it, and that must not fail the call
        return ""
    return module if isinstance(module, str) else ""


def described(spec: "Any") -> "tuple[str | None, str]":
    """Return where a module comes from and the name of the class that loads it."""
    loader = spec.loader
    kind = loader if isinstance(loader, type) else type(loader)
    return spec.origin if spec.has_location else None, kind.__name__


def path_text(path: "Any") -> str:
    """Return a path as text, whatever kind of path it is."""
    path = posix.fspath(path)
    return path.decode("utf-8", "surrogateescape") if isinstance(path, bytes) else str(path)


def caller(frame: "FrameType | None") -> "tuple[str, str, int]":
    """Return module, file and line of the statement that imports, behind the import machinery."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file != __file__ and not file.startswith(_MACHINERY[0]) and _MACHINERY[1] not in file:
            return str(frame.f_globals.get("__name__", "")), file, frame.f_lineno
        frame = frame.f_back
    return "", "", 0


_ACTIONS = {
    "open": _Probe.opened,
    "import": _Probe.importing,
    "socket.connect": _Probe.connecting,
    "os.fork": _Probe.forking,
    "sys.setprofile": _Probe.unprofiled,
    "_thread.start_new_thread": _Probe.threading,
}


def install(descriptor: int, port: int) -> None:
    """Watch this process from now on.

    :param descriptor: where the events go; no program that the function starts gets it
    :param port: of the Runtime API; the runtime connects when the function is initialised
    """
    import builtins

    posix.set_inheritable(descriptor, False)
    probe = _Probe(descriptor, port)
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is not None:
            probe.tell("spec", name, *described(spec), "start")
    sys.meta_path.insert(0, _Finder(probe))
    _time_compiling(probe)
    _watch_statements(probe, builtins)
    sys.setprofile(probe.profiled)
    sys.addaudithook(probe.audit)


def _time_compiling(probe: _Probe) -> None:
    original = SourceLoader.source_to_code

    def source_to_code(self: "Any", data: "Any", path: "Any", **options: "Any") -> "Any":
        begin = time.perf_counter_ns()
        code = original(self, data, path, **options)
        microseconds = (time.perf_counter_ns() - begin) // 1000
        probe.tell("compiled", getattr(self, "name", ""), path_text(path), microseconds)
        return code

    SourceLoader.source_to_code = source_to_code  # type: ignore[method-assign]


def _watch_statements(probe: _Probe, builtins: "Any") -> None:
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
