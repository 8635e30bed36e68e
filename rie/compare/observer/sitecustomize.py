"""Writes down what leaves a function's process; imported by `site` under either client.

It must change nothing that a function can see: it takes itself out of the environment and of
sys.path, and imports a sitecustomize of the user's that it has hidden. Each note is a line in the
file that the variable names, opened for that line only: no descriptor stays open.
"""

# Modules that the interpreter has loaded anyway: the function finds no others than without it.
# ruff: noqa: PTH100, PTH120

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    signal.signal(signal.SIGURG, lambda *_: observer.note_patches())


class _Observer:
    def __init__(self, file: str, runtime_api: str) -> None:
        self.file = file
        self.runtime_api = runtime_api
        self.seen: set[Note] = set()
        self.busy = False

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
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
        if (fact, text) in self.seen or text == self.runtime_api or self.file in text:
            return
        self.seen.add((fact, text))
        line = f"{fact}\t{text!a}\n".encode()
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def note_patches(self) -> None:
        if self.busy:
            return
        self.busy = True
        try:
            for text in _patches():
                self.note("patched names", text)
        finally:
            self.busy = False


def _connect(_: object, address: Any) -> Note:
    return ("connections", _address(address))


def _send(_: object, address: Any) -> Note | None:
    return None if address is None else ("connections", _address(address))


def _look_up(host: Any, port: object, *_: object) -> Note | None:
    if host is None:
        return None
    host = host.decode() if isinstance(host, bytes) else host
    return ("connections", f"{host}:{port}")


def _address(address: Any) -> str:
    if isinstance(address, tuple):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return os.fsdecode(address)


def _open(path: Any, _: object, flags: int) -> Note | None:
    if isinstance(path, int) or not flags & _WRITING:
        return None
    path = os.path.abspath(os.fsdecode(path))
    return None if path.startswith(("/dev/", "/proc/")) else ("files written", path)


def _change(path: Any, *_: object) -> Note:
    return ("files written", os.path.abspath(os.fsdecode(path)))


def _rename(_: object, target: Any, *__: object) -> Note:
    return ("files written", os.path.abspath(os.fsdecode(target)))


def _program(name: Any, *_: object) -> Note:
    return ("programs started", os.fsdecode(name))


_READERS: dict[str, Callable[..., Note | None]] = {
    "socket.connect": _connect,
    "socket.sendto": _send,
    "socket.sendmsg": _send,
    "socket.getaddrinfo": _look_up,
    "open": _open,
    "os.mkdir": _change,
    "os.remove": _change,
    "os.rmdir": _change,
    "os.truncate": _change,
    "os.rename": _rename,
    "os.link": _rename,
    "os.symlink": _rename,
    "subprocess.Popen": _program,
    "os.posix_spawn": _program,
    "os.exec": _program,
    "os.system": _program,
}


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
            if isinstance(value, type) and value.__name__ == "LambdaRuntimeClient":
                for method, function in list(vars(value).items()):
                    if _is_foreign(function):
                        yield f"LambdaRuntimeClient.{method}"
            elif _is_foreign(value):
                yield name


def _is_foreign(value: Any) -> bool:
    code = getattr(value, "__code__", None)
    if code is None:
        # A wrapper object, as wrapt makes them, around what was there.
        return not isinstance(value, type) and callable(value) and hasattr(value, "__wrapped__")
    path = code.co_filename
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
