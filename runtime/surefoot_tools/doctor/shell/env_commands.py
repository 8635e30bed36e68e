"""Which commands of a shell script print the whole environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from .commands import Command

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
# Without any word but these options, the command prints all variables.
_PRINTERS: dict[str, frozenset[str]] = {
    "env": frozenset(["-0", "--null"]),
    "printenv": frozenset(["-0", "--null"]),
    "set": frozenset(),
    "export": frozenset(["-p"]),
    "declare": frozenset(["-p", "-x", "-px", "-xp"]),
    "typeset": frozenset(["-p", "-x", "-px", "-xp"]),
}
_WRAPPERS = frozenset(["command", "builtin", "exec", "nice", "sudo"])
_TO_FILE = frozenset([">", ">>", "1>", "1>>", ">|", "&>", "&>>"])
_STREAMS = ("/dev/std", "/dev/fd", "/proc/self/fd")
_QUIET = re.compile(r"-[A-Za-z]*[qc][A-Za-z]*|--quiet|--silent|--count")


def printed(commands: Iterable[Command]) -> Iterator[tuple[int, str]]:
    """Yield line and words of each command that prints the environment to where logs come from."""
    listed = list(commands)
    for command, following in zip_longest(listed, listed[1:]):
        words = bare_words(command.words)
        if not words or words[0] not in _PRINTERS:
            continue
        if not set(words[1:]) <= _PRINTERS[words[0]]:
            continue
        if command.captured or command.end == "(":  # a function of that name
            continue
        if _goes_elsewhere(command) or (command.end in {"|", "|&"} and _swallows(following)):
            continue
        yield command.line, " ".join(words)


def bare_words(words: tuple[str, ...]) -> list[str]:
    """Return a command's words without assignments and wrappers, its name without folders."""
    rest = list(words)
    while rest and (_ASSIGNMENT.match(rest[0]) or rest[0] in _WRAPPERS):
        rest.pop(0)
    if rest:
        rest[0] = rest[0].rpartition("/")[2]
    return rest


def _goes_elsewhere(command: Command) -> bool:
    """Whether standard output goes into a file."""
    return any(
        sign in _TO_FILE and not target.startswith(_STREAMS)
        for sign, target in command.redirections
    )


def _swallows(command: Command | None) -> bool:
    """Whether the next command of a pipe shows nothing of what it reads."""
    if command is None:
        return False
    words = bare_words(command.words)
    if _goes_elsewhere(command) or not words:
        return True
    if words[0] in {"grep", "egrep", "fgrep"}:
        return any(_QUIET.fullmatch(word) for word in words[1:])
    return words[0] in {"wc", "read", "while"}
