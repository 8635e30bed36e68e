"""A function in a .zip file, with its layers: what is in /var/task and /opt on Lambda."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rie.console import print_progress
from rie.errors import UserError
from rie.function import Function, find
from rie.local.archive import Allowance, lay_over, unpack

if TYPE_CHECKING:
    from rie.emulator.settings import FunctionSettings

MOST_LAYERS = 5  # "Lambda quotas"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_SHOWN = 3


@dataclass(frozen=True)
class Package:
    """A function that runs on a runtime; `layers` is the content of /opt, None without layers."""

    function: Function
    layers: Path | None

    def apply_to(self, settings: FunctionSettings) -> FunctionSettings:
        """The settings of this function in the emulator; their image is the runtime."""
        return replace(settings, zipped=True, opt=self.layers or settings.opt)


def is_archive(name: str) -> bool:
    """Whether the name of a function is that of a .zip file."""
    return name.lower().endswith(".zip")


@contextmanager
def unpacked(name: str, handler: str | None, layers: Sequence[str]) -> Iterator[Package]:
    """The function in the .zip file or folder `name`, and its layers, each one or the other.

    Later layers are laid over earlier ones. What was unpacked is gone afterwards. Raises UserError.
    """
    if len(layers) > MOST_LAYERS:
        raise UserError(
            f"{len(layers)} layers: Lambda takes {MOST_LAYERS}", "put some of them into one"
        )
    with tempfile.TemporaryDirectory(prefix="surefoot-") as scratch:
        folders = Path(scratch, "task"), Path(scratch, "opt")
        for folder in folders:
            folder.mkdir()
            folder.chmod(0o755)
        allowance = Allowance()
        function = _unpack_function(name, handler, folders[0], allowance)
        for layer in layers:
            _lay(Path(layer), folders[1], allowance)
        _note_unreadable(allowance.unreadable)
        yield Package(function, folders[1] if layers else None)


def _unpack_function(
    name: str, handler: str | None, folder: Path, allowance: Allowance
) -> Function:
    if not is_archive(name):
        function = find(name, handler)
        _count(function.directory, allowance)
        return function
    archive = Path(name).resolve()
    if not handler:
        raise UserError(
            f"{name} does not say which handler it has", "give it: --handler module.function"
        )
    _require(archive, "--handler and the path of a .zip file, or a folder")
    unpack(archive, folder, allowance)
    return Function(_NOT_IN_A_NAME.sub("-", archive.stem) or "function", folder, handler)


def _lay(layer: Path, folder: Path, allowance: Allowance) -> None:
    _require(layer, "the path of a .zip file or of a folder, whose content goes to /opt")
    if layer.is_file():
        unpack(layer, folder, allowance)
        return
    _count(layer, allowance)
    lay_over(layer, folder)


def _require(path: Path, wanted: str) -> None:
    if not path.exists():
        raise UserError(f"there is no {path}", f"give {wanted}")


def _count(folder: Path, allowance: Allowance) -> None:
    """Count the files of a folder, which may not be larger than Lambda's limit either."""
    for place, _, files in os.walk(folder):
        for path in (Path(place, name) for name in files):
            allowance.take(path.lstat().st_size, folder, str(path.relative_to(folder)))


def _note_unreadable(entries: Sequence[str]) -> None:
    if not entries:
        return
    shown = ", ".join(entries[:_SHOWN]) + (" …" if len(entries) > _SHOWN else "")
    print_progress(
        f"note: Lambda's user cannot read {shown} ({len(entries)} in all): their modes are for the "
        "owner alone. Set 0644, and 0755 for folders and programs, before you zip them."
    )
