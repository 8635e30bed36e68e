"""Which commands of a shell script print the whole environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from .commands import Command
from .commands import commands as parse

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
_SHELLS = frozenset(["sh", "bash", "dash", "ash"])
_PROCESS_ENVIRONMENT = re.compile(r"/proc/(?:self|thread-self|\d+|\$\$|\$\{?PPID\}?)/environ")
_READERS = frozenset(["cat", "tr", "xargs", "strings", "head", "tail", "od", "sed", "less", "more"])
# What none of a pipe's filters may show.
_CREDENTIALS = ("AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=x")
_LONGEST_PATTERN = 100
_MAX_DEPTH = 5  # shells in shells
_TO_FILE = frozenset([">", ">>", "1>", "1>>", ">|", "&>", "&>>"])
_STREAMS = ("/dev/std", "/dev/fd", "/proc/self/fd")
_QUIET = re.compile(r"-[A-Za-z]*[qc][A-Za-z]*|--quiet|--silent|--count")


def printed(commands: Iterable[Command], depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield line and words of each command that prints the environment to where logs come from."""
    listed = list(commands)
    for command, following in zip_longest(listed, listed[1:]):
        words = bare_words(command.words)
        if not words or not _prints(words, command, depth):
            continue
        if command.captured or command.end == "(":  # a function of that name
            continue
        if _goes_elsewhere(command) or (command.end in {"|", "|&"} and _swallows(following)):
            continue
        yield command.line, " ".join(words)


def _prints(words: list[str], command: Command, depth: int) -> bool:
    name, *rest = words
    if name in _PRINTERS:
        return set(rest) <= _PRINTERS[name]
    if name == "jq":
        return "-n" in rest and not {"env", "$ENV"}.isdisjoint(rest)
    if name in _SHELLS and "-c" in rest[:-1] and depth < _MAX_DEPTH:
        return any(printed(parse(rest[rest.index("-c") + 1]), depth + 1))
    if name not in _READERS:
        return False
    read = [*rest, *(target for sign, target in command.redirections if sign == "<")]
    return any(map(_PROCESS_ENVIRONMENT.fullmatch, read))


def bare_words(words: tuple[str, ...]) -> list[str]:
    """Return a command's words without assignments and wrappers, its name without folders."""
    rest = list(words)
    while rest and (_ASSIGNMENT.match(rest[0]) or rest[0] in _WRAPPERS):
        rest.pop(0)
    if rest[:1] == ["timeout"]:
        rest = _after_timeout(rest[1:])
    if rest:
        rest[0] = rest[0].rpartition("/")[2]
    return rest


def _after_timeout(words: list[str]) -> list[str]:
    """Return the command after timeout's options and the duration."""
    number = 0
    while number < len(words) and words[number].startswith("-"):
        number += 2 if words[number] in {"-k", "-s"} else 1
    return words[number + 1 :]


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
        return _leaves_out(words[1:])
    text = " ".join(words[1:])
    if words[0] == "cut":
        return re.search(r"-f ?1\b(?![,-])", text) is not None
    if words[0] == "awk":
        return "$1" in text and re.search(r"\$(?!1\b)", text) is None
    if words[0] == "sed":
        return "=.*" in text
    return words[0] in {"wc", "read", "while"}


def _is_simple(pattern: str) -> bool:
    """Return whether a pattern has no groups and two repetitions at most."""
    repetitions = sum(pattern.count(sign) for sign in "*+?")
    return len(pattern) <= _LONGEST_PATTERN and repetitions < 3 and not set(pattern) & set("(){}")


def _leaves_out(words: list[str]) -> bool:
    """Whether a grep with these words shows no credentials."""
    options = [word for word in words if word.startswith("-")]
    if any(_QUIET.fullmatch(word) for word in options):
        return True
    patterns = [word for word in words if not word.startswith("-")][:1]
    if not all(map(_is_simple, patterns)):
        return False  # a hostile one would take exponential time
    flags = re.IGNORECASE if any("i" in word for word in options if word[:2] != "--") else 0
    try:
        found = [
            any(re.search(pattern, name, flags) for pattern in patterns) for name in _CREDENTIALS
        ]
    except re.error:
        return False
    inverted = any("v" in word for word in options if word[:2] != "--")
    return bool(patterns) and (all(found) if inverted else not any(found))
