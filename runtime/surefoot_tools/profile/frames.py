"""What the probe reads from frames, functions and specs. Imports nothing that is not builtin."""

import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

HERE = __file__.rpartition("/")[0] + "/"
_MACHINERY = ("<frozen importlib", "/importlib/__init__.py")


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
        if (
            not file.startswith(HERE)
            and not file.startswith(_MACHINERY[0])
            and _MACHINERY[1] not in file
        ):
            return str(frame.f_globals.get("__name__", "")), file, frame.f_lineno
        frame = frame.f_back
    return "", "", 0
