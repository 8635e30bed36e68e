"""What a shell function's failure says: the command, its place, its status, the end of stderr."""

import os
import re

from ...errors import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Bash's own words for what errexit has no part in: "app.sh: line 7: NAME: unbound variable".
_BASH_LINE = re.compile(r"^(.+): line (\d+): .*unbound variable$", re.MULTILINE)
_MAX_LINES = 3

# Bash's name for the frame of a file that is being sourced.
SOURCED = "source"


class Failure:
    """One report of the traps: a command that failed, and the functions it failed in.

    ``frames`` are (file, line, function), the innermost first; a line is empty where bash knows
    none: for exit, and for an unset variable.
    """

    def __init__(self, fields: "Sequence[str]") -> None:
        how, level, status, pipe, command, *frames = fields
        # What the file itself ends with is a failure of our own command, which sources it.
        self.command = "" if "_sf_" in command else command
        self.by_exit = how == "EXIT"
        self.level = int(level)
        self.status = int(status)
        self.statuses = pipe.split()
        self.frames = list(zip(frames[::3], frames[1::3], frames[2::3], strict=False))

    def causes(self, outer: "Failure") -> bool:
        """Return whether ``outer``, reported right after this one, failed because of it."""
        if outer.by_exit:
            # Not the status: bash 4.2 exits with 1 whatever the command's was.
            return outer.command in (self.command, "")
        if self.status != outer.status:
            return False
        has_subshell = len(outer.statuses) > 1 or any(sign in outer.command for sign in "(`")
        return has_subshell and self.level > outer.level


def find_cause(reports: "Sequence[Sequence[str]]", status: int) -> Failure | None:
    """Return the innermost failure behind an exit status, if one was reported."""
    cause: Failure | None = None
    for fields in reversed(reports):
        failure = Failure(fields)
        if cause is None:
            if failure.status != status and not failure.by_exit:
                return None
        elif not failure.causes(cause):
            break
        cause = failure
    return cause


def make_fault(
    kind: str, what: str, outermost: tuple[str, str], cause: Failure | None, tail: bytes
) -> Fault:
    """Return the fault for a failure.

    :param what: what failed and how, the beginning of the message
    :param outermost: the file, and the function in it that was called, or SOURCED
    :param tail: the end of stderr
    """
    text = tail.decode("utf-8", "replace").strip()
    stack = None
    if cause is not None and cause.command:
        place = _Place(cause, outermost, text)
        what += f": {place}"
        stack = place.stack()
    end = f"the end of its stderr:\n{text}" if text else "it wrote nothing to stderr."
    return Fault(kind, f"{what}; {end}", stack)


class _Place:
    """Where a command failed, as far as bash and the file can say."""

    def __init__(self, cause: Failure, outermost: tuple[str, str], stderr: str) -> None:
        self.cause = cause
        script, called = outermost
        self.frames = cause.frames or [(script, "", called)]
        self.command = cause.command
        file, line, function = self.frames[0]
        if not line:
            file, line = _line_in_stderr(stderr) or (file, "")
        lines = _lines_of(file)
        if line:
            self.lines = [int(line)]
        else:
            # exit and return: bash has the command's words, not its place.
            words = " ".join(cause.command.split())
            self.lines = [n for n, each in enumerate(lines, 1) if words and words in each]
        self.frames = [(file, line or str(*self.lines[:1]), function), *self.frames[1:]]
        if len(cause.statuses) > 1 and line and int(line) <= len(lines):
            # $BASH_COMMAND is the pipeline's last command, whichever failed.
            self.command = lines[int(line) - 1] or self.command

    def __str__(self) -> str:
        file, _, function = self.frames[0]
        text = f"`{self.command}` failed"
        if function != SOURCED:
            text += f" in {function}"
        text += f", {os.path.basename(file)}"
        if 0 < len(self.lines) <= _MAX_LINES:
            text += " line " + " or ".join(map(str, self.lines))
        if len(self.cause.statuses) > 1:
            text += f" (the exit statuses of the pipeline are {' '.join(self.cause.statuses)})"
        return text

    def stack(self) -> list[str] | None:
        """Return the frames as a report shows Python's, the outermost first."""
        if len(self.lines) != 1:
            return None
        stack = [
            f'  File "{file}", line {line}, in {function}\n'
            for file, line, function in reversed(self.frames)
        ]
        return [*stack[:-1], f"{stack[-1]}    {self.command}\n"]


def _line_in_stderr(text: str) -> tuple[str, str] | None:
    found = _BASH_LINE.findall(text)
    return found[-1] if found else None


def _lines_of(file: str) -> list[str]:
    """Return a file's lines, blanks made one space; none if it cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as script:
            lines = [" ".join(line.split()) for line in script]
    except OSError:
        return []
    return ["" if line.startswith("#") else line for line in lines]
