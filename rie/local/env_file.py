"""A file of environment variables, in the form that `docker run --env-file` takes."""

from __future__ import annotations

from pathlib import Path

from rie.errors import UserError


def read_env_file(path: Path) -> list[str]:
    """The words of a file, for `parse_variables`: NAME=VALUE, or NAME to copy from the caller.

    One a line; a value is what follows the =, quotes included. Empty lines and those that begin
    with # are left out. Raises UserError for a file that cannot be read and a line without a name.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(
            f"cannot read the variables of {path}: {reason}", "give a file of NAME=VALUE lines"
        ) from error
    words = []
    for number, line in enumerate(lines, start=1):
        word = line.lstrip()
        if not word or word.startswith("#"):
            continue
        name = word.partition("=")[0]
        if not name or any(character.isspace() for character in name):
            raise UserError(
                f"{path}, line {number}: {name!r} is no name of a variable", "write NAME=VALUE"
            )
        words.append(word)
    return words
