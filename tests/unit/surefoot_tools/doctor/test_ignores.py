from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.console import UserError
from surefoot_tools.doctor.context import TASK
from surefoot_tools.doctor.finding import Finding
from surefoot_tools.doctor.ignores import parse_ignores, read_ignores
from surefoot_tools.doctor.image.tree import from_folder
from tests.unit.surefoot_tools.doctor.trees import plant


def test_a_word_has_a_code_a_reason_and_perhaps_a_place() -> None:
    everywhere, somewhere = parse_ignores(["SF402=a = b", "SF105:/opt/*.so=theirs"])
    assert everywhere.reason == "a = b"
    assert everywhere.covers(Finding("SF402", "", "", "/any"))
    assert not everywhere.covers(Finding("SF105", "", "", "/any"))
    assert somewhere.covers(Finding("SF105", "", "", "/opt/lib/x.so"))
    assert not somewhere.covers(Finding("SF105", "", "", "/var/task/x.so"))


@pytest.mark.parametrize("word", ["SF402", "SF402=", "SF402=  ", "SF402:/x="])
def test_an_ignore_without_a_reason_is_refused(word: str) -> None:
    with pytest.raises(UserError, match="without a reason"):
        parse_ignores([word])


@pytest.mark.parametrize("word", ["SF999=x", "=x", "sf402=x"])
def test_an_unknown_code_is_refused(word: str) -> None:
    with pytest.raises(UserError, match="unknown code"):
        parse_ignores([word])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "ignore": {}}',
        '{"version": 1}',
        '{"version": 1, "ignore": {"SF402": " "}}',
        '{"version": 1, "ignore": {"SF999": "x"}}',
        '{"version": 1, "ignore": 7}',
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_named(tmp_path: Path, text: str) -> None:
    plant(tmp_path, {".surefoot-doctor.json": text})
    with pytest.raises(UserError, match=r"/var/task/\.surefoot-doctor\.json"):
        read_ignores(from_folder(str(tmp_path), TASK))


def test_no_file_ignores_nothing(tmp_path: Path) -> None:
    assert read_ignores(from_folder(str(tmp_path), TASK)) == []
