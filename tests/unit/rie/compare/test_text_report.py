"""How a difference is shown."""

from __future__ import annotations

from rie.compare.differences import Difference
from rie.compare.text_report import _diff


def diff(theirs: str, ours: str) -> list[str]:
    return list(_diff(Difference(1, "body", theirs, ours), lambda text, _: text))


def test_the_same_document_in_other_bytes_is_shown_as_it_came() -> None:
    assert diff('{"a": [1]}', '{"a":[1]}') == ['-{"a": [1]}', '+{"a":[1]}']


def test_of_long_lines_the_place_where_they_part_is_shown() -> None:
    theirs, ours = diff("x" * 500 + "a" + "z" * 500, "x" * 500 + "b" + "z" * 500)
    assert theirs == "-…" + "x" * 60 + "a" + "z" * 59 + "…"
    assert ours == "+…" + "x" * 60 + "b" + "z" * 59 + "…"


def test_of_many_lines_the_first_are_shown_and_the_rest_counted() -> None:
    many = "\n".join(map(str, range(100)))
    shown = diff(many, "")
    assert len(shown) == 41
    assert shown[-1].startswith("… ")
    assert "--json" in shown[-1]
