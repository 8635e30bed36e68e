"""Why a text is no JSON, in words that name the place."""

from __future__ import annotations

import pytest

from surefoot._payload.json_errors import explain


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        (" tru", "Expecting value: line 1 column 2 (char 1)"),
        ("[", "Expecting value or ']': line 1 column 2 (char 1)"),
        ("[1", "Expecting ',' delimiter or ']': line 1 column 3 (char 2)"),
        ("[1,]", "Illegal trailing comma before end of array: line 1 column 3 (char 2)"),
        ("[1,", "Expecting value: line 1 column 4 (char 3)"),
        ("{", "Expecting property name enclosed in double quotes or '}': line 1 column 2 (char 1)"),
        ('{"a"}', "Expecting ':' delimiter: line 1 column 5 (char 4)"),
        ('{"a": 1 ', "Expecting ',' delimiter or '}': line 1 column 9 (char 8)"),
        ('{"a": 1,}', "Illegal trailing comma before end of object: line 1 column 8 (char 7)"),
        (
            '{"a": 1, b',
            "Expecting property name enclosed in double quotes: line 1 column 10 (char 9)",
        ),
        ('"abc', "Unterminated string starting at: line 1 column 1 (char 0)"),
        ('"a\\', "Unterminated string starting at: line 1 column 1 (char 0)"),
        ('"a\nb"', "Invalid control character '\\n' at: line 1 column 3 (char 2)"),
        ('"\\x"', "Invalid \\X escape sequence 'x': line 1 column 3 (char 2)"),
        ('"\\u12"', "Invalid \\uXXXX escape sequence: line 1 column 2 (char 1)"),
        ('{\n "a": 1,\n "b" 2}', "Expecting ':' delimiter: line 3 column 6 (char 16)"),
        ("1 2", "Extra data: line 1 column 3 - line 1 column 4 (char 2 - 3)"),
        ("{}\n{}", "Extra data: line 2 column 1 - line 2 column 3 (char 3 - 5)"),
        ("\ufeffx", "Expecting value: line 1 column 2 (char 1)"),
        ("01", "Extra data: line 1 column 2 - line 1 column 3 (char 1 - 2)"),
        ("-", "Expecting value: line 1 column 1 (char 0)"),
        ("1.", "Extra data: line 1 column 2 - line 1 column 3 (char 1 - 2)"),
    ],
)
def test_faults(text: str, message: str) -> None:
    assert str(explain(text)) == message


def test_more_digits_than_the_interpreter_converts_are_its_own_complaint() -> None:
    assert "4300" in str(explain("1" * 5000))


def test_deep_nesting_is_a_recursion_error() -> None:
    with pytest.raises(RecursionError):
        explain("[" * 100_000)
