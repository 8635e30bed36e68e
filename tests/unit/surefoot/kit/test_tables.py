"""Text tables: columns that line up, whatever the cells hold."""

from __future__ import annotations

import pytest

from surefoot.kit.tables import format_table


def test_columns_line_up_and_numbers_are_right_aligned() -> None:
    assert format_table(["target", "size"], [["a", 5], ["longer", 1000]]).split("\n") == [
        "target  size",
        "------  ----",
        "a          5",
        "longer  1000",
    ]


def test_nothing_to_show_is_a_heading() -> None:
    assert format_table(["target", "size"], []) == "target  size\n------  ----"


def test_none_is_a_dash_and_a_line_end_breaks_no_row() -> None:
    assert format_table(["a", "b"], [[None, "two\nlines"]]).split("\n")[2] == "-  two lines"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        format_table(["a", "b"], [["only one"]])
