"""The tokens of a shell script.

Source: POSIX.1-2017, Shell Command Language, sections 2.2 (quoting), 2.3 (tokens) and 2.7.4
(here-documents).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORD, OPERATOR, REDIRECTION = "word", "operator", "redirection"
_HERE = re.compile(r"<<(-?)[ \t]*(['\"]?)([^\s'\";&|<>()]+)\2")
_OPERATOR = re.compile(r"&&|\|\||;;|\|&|[;&|()\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:&>>?|[<>]&|>>|>\||<>|<<<|[<>])")
_BLANK = re.compile(r"(?:[ \t\r]|\\\n|(?<![^\s;&|()])#[^\n]*)+")


@dataclass(frozen=True)
class Token:
    """A word without its quotes, an operator, or a sign of redirection.

    :param line: where it begins, from 1
    :param scripts: the ``$(…)`` and backquotes of a word, each with its line
    """

    kind: str
    text: str
    line: int
    scripts: tuple[tuple[str, int], ...] = ()


def tokens(text: str, line: int = 1) -> Iterator[Token]:
    """Yield the tokens of a script; comments and here-documents are left out."""
    here: list[tuple[str, bool]] = []
    at = 0
    while at < len(text):
        if found := _BLANK.match(text, at):
            end = found.end()
        elif found := _HERE.match(text, at):
            here.append((found[3], bool(found[1])))
            end = found.end()
        elif found := _REDIRECTION.match(text, at):
            yield Token(REDIRECTION, found[0], line)
            end = found.end()
        elif found := _OPERATOR.match(text, at):
            yield Token(OPERATOR, found[0], line)
            end = found.end()
            if found[0] == "\n":
                end = _after_documents(text, end, here)
        else:
            end, word, scripts = _word(text, at)
            lines = tuple((script, line + text.count("\n", at, place)) for script, place in scripts)
            yield Token(WORD, word, line, lines)
        line += text.count("\n", at, end)
        at = end


def _after_documents(text: str, at: int, here: list[tuple[str, bool]]) -> int:
    while here:
        delimiter, tabs = here.pop(0)
        while at < len(text):
            end = _find(text, "\n", at)
            content = text[at:end]
            at = end + 1
            if (content.lstrip("\t") if tabs else content) == delimiter:
                break
    return at


def _word(text: str, start: int) -> tuple[int, str, list[tuple[str, int]]]:
    """Return where a word ends, the word, and its substitutions with the places of their text."""
    word: list[str] = []
    scripts: list[tuple[str, int]] = []
    quoted = False
    at = start
    while at < len(text):
        here = text[at]
        end = at + 1
        if here == "\\":
            end = at + 2
            word.append(text[at + 1 : end].replace("\n", ""))
        elif here == '"':
            quoted = not quoted
        elif here == "'" and not quoted:
            end = _find(text, "'", end) + 1
            word.append(text[at + 1 : end - 1])
        elif here == "`" or text.startswith("$(", at):
            begin = at + len("`" if here == "`" else "$(")
            end = _closing(text, at)
            if text[begin : begin + 1] != "(":  # $((…)) is arithmetic
                scripts.append((text[begin : end - 1], begin))
            word.append(text[at:end])
        elif text.startswith("${", at):
            end = _find(text, "}", at) + 1
            word.append(text[at:end])
        elif not quoted and (here.isspace() or here in ";&|()<>"):
            break
        else:
            word.append(here)
        at = end
    return max(at, start + 1), "".join(word), scripts


def _closing(text: str, at: int) -> int:
    """Return the place after the substitution that begins at `at`."""
    if text[at] == "`":
        return _find(text, "`", at + 1) + 1
    depth = 0
    while at < len(text):
        here = text[at]
        if here == "\\":
            at += 1
        elif here == "'":
            at = _find(text, "'", at + 1)
        elif here in "()":
            depth += 1 if here == "(" else -1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)


def _find(text: str, sign: str, at: int) -> int:
    """Return the place of `sign`; the end where a script forgot it."""
    found = text.find(sign, at)
    return len(text) if found < 0 else found
