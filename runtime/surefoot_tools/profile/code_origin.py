"""Where a module comes from: the interpreter, the runtime, an installed package or the function."""

from __future__ import annotations

import importlib.metadata
import os
import sysconfig
from collections.abc import Iterable, Mapping

from .launch import RUNTIME
from .probe_events import Module

INTERPRETER = "interpreter"
RUNTIME_AREA = "runtime"
PACKAGES = "packages"
FUNCTION = "function"


class CodeOrigin:
    """Finds the origin of one function's modules.

    Packages installed into the task root, as is usual on Lambda, are recognised by the installer's
    metadata next to them.
    """

    def __init__(self, task_root: str, modules: Mapping[str, Module]) -> None:
        self.task_root = os.path.realpath(task_root)
        self._installed = installed(self.task_root)
        paths = sysconfig.get_paths()
        self._stdlib = {os.path.realpath(paths[name]) for name in ("stdlib", "platstdlib")}
        encodings = modules.get("encodings")
        if encodings is not None and encodings.path is not None:
            # The interpreter of the function may have another library than the command's.
            self._stdlib.add(os.path.dirname(os.path.dirname(os.path.abspath(encodings.path))))

    def of(self, module: Module) -> str:
        """Return the area of a module."""
        if module.name.split(".")[0] == "surefoot":
            return RUNTIME_AREA
        if module.path is None:
            return FUNCTION if module.loader == "NamespaceLoader" else INTERPRETER
        return self.of_path(module.path)

    def of_path(self, path: str) -> str:
        """Return the area of a file; what is nowhere in particular is the interpreter's."""
        path = os.path.abspath(path)
        real = os.path.realpath(path)
        if {"site-packages", "dist-packages"} & set(path.split(os.sep)):
            return PACKAGES
        if _below(real, self.task_root):
            top = os.path.relpath(real, self.task_root).split(os.sep)[0]
            return PACKAGES if top.removesuffix(".py") in self._installed else FUNCTION
        if any(_below(path, root) or _below(real, root) for root in self._stdlib):
            return INTERPRETER
        if _below(path, os.path.join(RUNTIME, "surefoot")):
            return RUNTIME_AREA
        # Elsewhere on sys.path: a layer in /opt, a .pth file's directory.
        return PACKAGES if path.endswith(".py") else INTERPRETER


def installed(directory: str) -> set[str]:
    """Return the top-level names that an installer put into a directory."""
    names: set[str] = set()
    for distribution in importlib.metadata.distributions(path=[directory]):
        names |= _tops(str(file) for file in distribution.files or ())
    return names


def _tops(files: Iterable[str]) -> set[str]:
    tops = {file.split("/")[0] for file in files}
    return {top.removesuffix(".py") for top in tops if top not in ("..", "__pycache__")}


def _below(path: str, directory: str) -> bool:
    return path.startswith(os.path.join(directory, ""))
