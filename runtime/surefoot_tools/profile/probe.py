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

from . import hooks
from .frames import HERE, caller, described, home, path_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any

_WRITING = posix.O_WRONLY | posix.O_RDWR


class Probe:
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
                if not code.co_filename.startswith(HERE):
                    ran = (code.co_filename, code.co_firstlineno)
                    self.tell("ran", *ran, called_from, self.phase)
        elif event == "c_call":
            module = home(argument)
            if module and module != "builtins":
                self.tell("ran_c", module, frame.f_code.co_filename, self.phase)


_ACTIONS = {
    "open": Probe.opened,
    "import": Probe.importing,
    "socket.connect": Probe.connecting,
    "os.fork": Probe.forking,
    "sys.setprofile": Probe.unprofiled,
    "_thread.start_new_thread": Probe.threading,
}


def install(descriptor: int, port: int) -> None:
    """Watch this process from now on.

    :param descriptor: where the events go; no program that the function starts gets it
    :param port: of the Runtime API; the runtime connects when the function is initialised
    """
    posix.set_inheritable(descriptor, False)
    probe = Probe(descriptor, port)
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if spec is not None:
            probe.tell("spec", name, *described(spec), "start")
    hooks.install(probe)
    sys.setprofile(probe.profiled)
    sys.addaudithook(probe.audit)
