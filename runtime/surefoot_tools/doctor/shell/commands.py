"""A shell script's simple commands, with their lines; nothing is expanded or run.

Source: POSIX.1-2017, Shell Command Language, sections 2.9.1 (simple commands) and 2.10 (grammar).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .lexer import REDIRECTION, WORD, Token, tokens

# Words after which a command begins.
_KEYWORDS = frozenset(["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"])
# They show what they get, also what comes from a substitution.
_SHOWING = frozenset(["echo", "printf"])
MAX_SCRIPT_CHARS = 256 << 10  # the rest is not looked at
_DEEPEST = 20  # substitutions in substitutions; hand-written scripts have fewer


@dataclass(frozen=True)
class Command:
    """A simple command.

    :param words: unquoted
    :param line: where it begins, from 1
    :param end: the operator after it, such as ``|`` and a line end; empty at the script's end
    :param redirections: pairs of sign and target
    :param captured: it is in ``$(…)`` or backquotes, and what it prints is not shown by echo
    """

    words: tuple[str, ...]
    line: int
    end: str
    redirections: tuple[tuple[str, str], ...] = ()
    captured: bool = False


@dataclass
class _Open:
    """The command that is being read."""

    words: list[Token] = field(default_factory=list)
    redirections: list[tuple[str, str]] = field(default_factory=list)

    def add(self, token: Token, sign: str) -> None:
        if sign:
            self.redirections.append((sign, token.text))
        elif self.words or token.text not in _KEYWORDS:
            self.words.append(token)

    def closed(self, end: str, depth: int, *, captured: bool) -> Iterator[Command]:
        if not self.words:
            return
        words = tuple(token.text for token in self.words)
        for script, line in (script for token in self.words for script in token.scripts):
            shown = not captured and words[0] in _SHOWING
            if depth < _DEEPEST:
                yield from commands(script, line, depth + 1, captured=not shown)
        yield Command(words, self.words[0].line, end, tuple(self.redirections), captured)


def commands(
    text: str, line: int = 1, depth: int = 0, *, captured: bool = False
) -> Iterator[Command]:
    """Yield the commands of a script in their order, those in substitutions before their own.

    `depth` is the number of substitutions around the script.
    """
    command = _Open()
    sign = ""
    brackets = 0
    for token in tokens(text[:MAX_SCRIPT_CHARS], line):
        if token.kind == WORD:
            command.add(token, sign)
            sign = ""
        elif token.kind == REDIRECTION:
            sign = token.text
        else:
            # A bracket that nothing opened ends a pattern of case.
            if token.text != ")" or brackets:
                yield from command.closed(token.text, depth, captured=captured)
            brackets = max(brackets + {"(": 1, ")": -1}.get(token.text, 0), 0)
            command, sign = _Open(), ""
    yield from command.closed("", depth, captured=captured)
