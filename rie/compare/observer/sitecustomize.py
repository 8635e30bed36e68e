"""Writes down what leaves a function's process; imported by `site` under either client.

It must change nothing that a function can see: it takes itself out of the environment and of
sys.path, and imports a sitecustomize of the user's that it has hidden. Each note is a line in the
file that the variable names, opened for that line only: no descriptor stays open.
"""

# Modules that the interpreter has loaded anyway: the function finds no others than without it.
# ruff: noqa: PTH100, PTH115, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    Note = tuple[str, str]

_VARIABLE = "SUREFOOT_OBSERVER"  # the file, and what PYTHONPATH was: see side_effects
_CLIENT_MODULES = ("awslambdaric", "bootstrap", "surefoot.compat")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _install() -> None:
    file, _, python_path = os.environ.pop(_VARIABLE).partition(os.pathsep)
    own = os.path.dirname(os.path.abspath(__file__))
    if python_path:
        os.environ["PYTHONPATH"] = python_path
    else:
        os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != own]
    observer = _Observer(file, os.environ.get("AWS_LAMBDA_RUNTIME_API", ""))
    sys.addaudithook(observer.hook)
    # Sent before each event: it interrupts no system call that matters, and means nothing else.
    signal.signal(signal.SIGURG, lambda *_: observer.note_state())
    signal.signal(signal.SIGWINCH, lambda *_: observer.end())


class _Observer:
    def __init__(self, file: str, runtime_api: str) -> None:
        self.file = file
        self.runtime_api = runtime_api
        self.seen: set[Note] = set()
        self.drawn: set[str] = set()
        self.busy = False

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if event in {"tempfile.mkstemp", "tempfile.mkdtemp"}:
            self.drawn.add(os.fsdecode(args[0]))
            return
        reader = _READERS.get(event)
        if reader is None or self.busy:
            return
        self.busy = True
        try:
            note = reader(*args)
            if note is not None:
                self.note(*note)
        except Exception:
            # An odd argument: the call itself reports it to the function.
            return
        finally:
            self.busy = False

    def note(self, fact: str, text: str) -> None:
        for path in self.drawn:
            # Its name is a random one, with the function's own letters around it.
            text = text.replace(path, f"{os.path.dirname(path)}/tmp…")
        if (fact, text) in self.seen or text == self.runtime_api or self.file in text:
            return
        self.seen.add((fact, text))
        line = f"{fact}\t{text!a}\n".encode()
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def end(self) -> None:
        """Note what is there at the end; exit handlers, which Lambda does not run, are no part."""
        self.note_state()
        os._exit(0)

    def note_state(self) -> None:
        if self.busy:
            return
        self.busy = True
        try:
            for text in _patches():
                self.note("patched names", text)
            for text in _open_connections():
                self.note("connections", text)
        finally:
            self.busy = False


def _connect(_: object, address: Any) -> Note:
    return ("connections", _address(address))


def _send(_: object, address: Any) -> Note | None:
    return None if address is None else ("connections", _address(address))


def _look_up(host: Any, port: object = None, *_: object) -> Note | None:
    if host is None:
        return None
    host = host.decode() if isinstance(host, bytes) else host
    return ("connections", host if port is None else f"{host}:{port}")


def _address(address: Any) -> str:
    if isinstance(address, tuple):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return os.fsdecode(address)


def _open(path: Any, _: object, flags: int) -> Note | None:
    if isinstance(path, int) or not flags & _WRITING or _is_probe():
        return None
    path = os.path.abspath(os.fsdecode(path))
    return None if path.startswith(("/dev/", "/proc/")) else ("files written", path)


def _make_folder(path: Any, _: object, folder: object) -> Note:
    return ("files written", _absolute(path, folder))


def _remove(path: Any, folder: object) -> Note | None:
    return None if _is_probe() else ("files written", f"{_absolute(path, folder)} (removed)")


def _change(path: Any, *rest: object) -> Note:
    """Mode, owner or times; the last argument is the descriptor of the folder, or -1."""
    return ("files written", f"{_absolute(path, rest[-1])} (changed)")


def _truncate(path: Any, _: object) -> Note:
    return ("files written", _absolute(path, -1))


def _rename(source: Any, target: Any, from_fd: object, to_fd: object) -> Note:
    return ("files written", f"{_absolute(source, from_fd)} -> {_absolute(target, to_fd)}")


def _link(_: object, target: Any, __: object, folder: object) -> Note:
    return ("files written", _absolute(target, folder))


def _symlink(_: object, target: Any, folder: object) -> Note:
    return ("files written", _absolute(target, folder))


def _is_probe() -> bool:
    """Return whether tempfile tries a folder, with a file of a random name that it removes."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    for _ in range(4):
        if frame is None or frame.f_code.co_name == "_get_default_tempdir":
            break
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_get_default_tempdir"


def _database(path: Any) -> Note | None:
    name = os.fsdecode(path)
    if name in {"", ":memory:"}:
        return None
    return ("files written", name if name.startswith("file:") else os.path.abspath(name))


def _absolute(path: Any, folder: object) -> str:
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    base = os.readlink(f"/proc/self/fd/{folder}") if isinstance(folder, int) and folder >= 0 else ""
    return os.path.abspath(os.path.join(base, os.fsdecode(path)))


def _program(name: Any, arguments: Any = None, *_: object) -> Note:
    """The command line: what one client starts may differ in an argument only."""
    words = [arguments] if isinstance(arguments, (str, bytes, os.PathLike)) else arguments
    return ("programs started", " ".join(os.fsdecode(word) for word in words or [name]))


_READERS: dict[str, Callable[..., Note | None]] = {
    "socket.connect": _connect,
    "socket.sendto": _send,
    "socket.sendmsg": _send,
    "socket.getaddrinfo": _look_up,
    "socket.gethostbyname": _look_up,
    "socket.gethostbyaddr": _look_up,
    "open": _open,
    "os.chmod": _change,
    "os.chown": _change,
    "os.mkdir": _make_folder,
    "os.remove": _remove,
    "os.rmdir": _remove,
    "os.utime": _change,
    "os.truncate": _truncate,
    "os.rename": _rename,
    "os.link": _link,
    "os.symlink": _symlink,
    "sqlite3.connect": _database,
    "subprocess.Popen": _program,
    "os.posix_spawn": _program,
    "os.exec": _program,
    "os.system": _program,
}


def _open_connections() -> Iterator[str]:
    """Yield the peers of open TCP connections: C libraries open theirs without an audit event."""
    own = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            own.add(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue  # the listing's own descriptor
    rows = []
    for table in ("tcp", "tcp6"):
        try:
            with open(f"/proc/self/net/{table}", encoding="ascii") as file:  # noqa: PTH123
                rows += [line.split() for line in file][1:]
        except OSError:
            continue  # no IPv6
    served = {_port(row[1]) for row in rows if row[3] == _LISTENING}
    for row in rows:
        is_own = f"socket:[{row[9]}]" in own
        if is_own and row[3] in _CONNECTED and _port(row[1]) not in served:
            yield _peer(row[2])


_LISTENING = "0A"
_CONNECTED = frozenset(["01", "02", "08"])  # established, being made, closed by the peer


def _port(end: str) -> int:
    return int(end.rpartition(":")[2], 16)


def _peer(end: str) -> str:
    """Each four bytes of an address are in the machine's order: proc(5)."""
    digits = end.partition(":")[0]
    words = [bytes.fromhex(digits[at : at + 8]) for at in range(0, len(digits), 8)]
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    if len(packed) > 4 and packed.startswith(_MAPPED):
        packed = packed[len(_MAPPED) :]
    if len(packed) == 4:
        return f"{'.'.join(map(str, packed))}:{_port(end)}"
    socket = sys.modules["_socket"]  # both clients have loaded it
    return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]:{_port(end)}"


_MAPPED = b"\0" * 10 + b"\xff\xff"


def _patches() -> Iterator[str]:
    """Yield the names of AWS's client that hold something that neither client put there."""
    modules = dict(sys.modules)
    main = modules.get("__main__")
    found = [
        module
        for name, module in modules.items()
        if name.startswith(_CLIENT_MODULES) and hasattr(module, "__dict__")
    ]
    found += [vars(main)[name] for name in ("bootstrap", "awslambdaricmain") if name in vars(main)]
    for module in found:
        for name, value in list(vars(module).items()):
            if _is_foreign(value):
                yield name
            elif isinstance(value, type):
                for method, function in list(vars(value).items()):
                    if _is_foreign(function):
                        yield f"{value.__name__}.{method}"


def _is_foreign(value: Any) -> bool:
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, type):
        module = sys.modules.get(value.__module__)
        return _is_foreign_path(getattr(module, "__file__", None) or "<built-in>")
    code = getattr(value, "__code__", None)
    if code is not None:
        return _is_foreign_path(code.co_filename)
    if not callable(value):
        return False
    # An object in a function's place: functools.partial, wrapt's wrappers, one with __call__.
    if hasattr(value, "__wrapped__") or isinstance(getattr(value, "keywords", None), dict):
        return True
    called = getattr(type(value).__call__, "__code__", None)
    return called is not None and _is_foreign_path(called.co_filename)


def _is_foreign_path(path: str) -> bool:
    if "/awslambdaric/" in path or "/surefoot/" in path or path.startswith("<"):
        return False
    return not path.startswith(os.path.dirname(os.__file__)) or "-packages/" in path


def _import_hidden() -> None:
    """Import the sitecustomize that this one stands before, as `site` would have."""
    mine = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        if mine is not None:
            sys.modules["sitecustomize"] = mine


if _VARIABLE in os.environ:
    _install()
    _import_hidden()
