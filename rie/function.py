"""A function on disk: its directory, its name and its handler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rie.errors import UserError
from rie.paths import ROOT
from surefoot_tools.doctor.image.dockerfile import read_cmd


@dataclass(frozen=True)
class Function:
    """A function to run: `directory` is the content of /var/task."""

    name: str
    directory: Path
    handler: str


def find(name: str, handler: str | None = None) -> Function:
    """The function called `name` in functions/, or the one in the directory `name`.

    The handler is the Dockerfile's CMD unless given, so that both ways of running agree.
    Raises UserError when there is no such function or its handler is unknown.
    """
    in_repo = ROOT / "functions" / name
    directory = in_repo if in_repo.is_dir() else Path(name).resolve()
    if not directory.is_dir():
        known = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
        raise UserError(
            f"no function {name!r}: neither functions/{name} nor the directory {name} exists",
            f"name one of {', '.join(known)}, or a directory that holds your handler",
        )
    return Function(directory.name, directory, handler or _handler_of(directory))


def _handler_of(directory: Path) -> str:
    dockerfile = directory / "Dockerfile"
    words = read_cmd(dockerfile.read_text()) if dockerfile.is_file() else []
    if len(words) == 1:
        return words[0]
    raise UserError(
        f'{directory} does not name its handler (no CMD ["module.function"] in a Dockerfile)',
        "give it: --handler module.function",
    )
