"""Why a text is no JSON, in simplejson's words; read only after the fast parser has refused it."""

import re

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_LITERALS = ("null", "true", "false")


class _Defect(Exception):
    """The fault: its text (``%r`` stands for the character there) and the place."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position


def explain(text: str) -> ValueError:
    """Return the error that simplejson raises for ``text``, which must not be JSON.

    Deep nesting makes it a RecursionError raised from here, as in simplejson.
    """
    start = _skip(text, 3 if text.startswith("\xef\xbb\xbf") else int(text.startswith("\ufeff")))
    try:
        end = _skip(text, _value(text, start))
    except _Defect as fault:
        message = fault.text.replace("%r", repr(text[fault.position : fault.position + 1]))
        return ValueError(f"{message}: {_place(text, fault.position)} (char {fault.position})")
    except ValueError as error:
        return error
    length = len(text)
    return ValueError(
        f"Extra data: {_place(text, end)} - {_place(text, length)} (char {end} - {length})"
    )


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"line {line} column {column}"


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _value(text: str, at: int) -> int:
    """Return the end of the value at ``at``."""
    start = text[at : at + 1]
    if start == '"':
        return _string(text, at)
    if start == "{":
        return _object(text, at + 1)
    if start == "[":
        return _array(text, at + 1)
    for literal in _LITERALS:
        if text.startswith(literal, at):
            return at + len(literal)
    number = _NUMBER.match(text, at)
    if number is None:
        raise _Defect("Expecting value", at)
    if number.group(1) is None and number.group(2) is None:
        int(number.group())  # refuses more digits than the interpreter converts
    return number.end()


def _string(text: str, begin: int) -> int:
    at = begin + 1
    while True:
        at = _PLAIN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        stop = text[at : at + 1]
        if stop == '"':
            return at + 1
        if stop == "":
            raise _Defect("Unterminated string starting at", begin)
        if stop != "\\":
            raise _Defect("Invalid control character %r at", at)
        at = _escape(text, begin, at + 1)


def _escape(text: str, begin: int, at: int) -> int:
    letter = text[at : at + 1]
    if letter == "":
        raise _Defect("Unterminated string starting at", begin)
    if letter != "u":
        if letter not in '"\\/bfnrt':
            raise _Defect("Invalid \\X escape sequence %r", at)
        return at + 1
    if not _HEX.match(text, at + 1):
        raise _Defect("Invalid \\uXXXX escape sequence", at - 1)
    return at + 5


def _object(text: str, at: int) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "}":
        return at + 1
    if text[at : at + 1] != '"':
        raise _Defect("Expecting property name enclosed in double quotes or '}'", at)
    while True:
        at = _skip(text, _string(text, at))
        if text[at : at + 1] != ":":
            raise _Defect("Expecting ':' delimiter", at)
        at = _skip(text, _value(text, _skip(text, at + 1)))
        if text[at : at + 1] == "}":
            return at + 1
        if text[at : at + 1] != ",":
            raise _Defect("Expecting ',' delimiter or '}'", at)
        comma = at
        at = _skip(text, at + 1)
        if text[at : at + 1] == "}":
            raise _Defect("Illegal trailing comma before end of object", comma)
        if text[at : at + 1] != '"':
            raise _Defect("Expecting property name enclosed in double quotes", at)


def _array(text: str, at: int) -> int:
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    if at == len(text):
        raise _Defect("Expecting value or ']'", at)
    while True:
        at = _skip(text, _value(text, at))
        if text[at : at + 1] == "]":
            return at + 1
        if text[at : at + 1] != ",":
            raise _Defect("Expecting ',' delimiter or ']'", at)
        comma = at
        at = _skip(text, at + 1)
        if text[at : at + 1] == "]":
            raise _Defect("Illegal trailing comma before end of array", comma)
