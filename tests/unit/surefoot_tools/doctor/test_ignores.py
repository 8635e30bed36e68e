from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.finding import Finding
from surefoot_tools.doctor.ignores import from_tree, parse
from surefoot_tools.doctor.image.context import TASK
from surefoot_tools.doctor.image.tree import from_folder
from surefoot_tools.profile.problem import Problem
from tests.unit.surefoot_tools.doctor.trees import plant

KNOWN = ("SF402", "SF105")


def test_a_word_has_a_code_a_reason_and_perhaps_a_place() -> None:
    everywhere, somewhere = parse(["SF402=a = b", "SF105:/opt/*.so=theirs"], KNOWN)
    assert everywhere.reason == "a = b"
    assert everywhere.covers(Finding("SF402", "", "", "/any"))
    assert not everywhere.covers(Finding("SF105", "", "", "/any"))
    assert somewhere.covers(Finding("SF105", "", "", "/opt/lib/x.so"))
    assert not somewhere.covers(Finding("SF105", "", "", "/var/task/x.so"))


@pytest.mark.parametrize("word", ["SF402", "SF402=", "SF402=  ", "SF402:/x="])
def test_an_ignore_without_a_reason_is_refused(word: str) -> None:
    with pytest.raises(Problem, match="without a reason"):
        parse([word], KNOWN)


@pytest.mark.parametrize("word", ["SF999=x", "=x", "sf402=x"])
def test_an_unknown_code_is_refused(word: str) -> None:
    with pytest.raises(Problem, match="there is no check"):
        parse([word], KNOWN)


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
    with pytest.raises(Problem, match=r"/var/task/\.surefoot-doctor\.json"):
        from_tree(from_folder(str(tmp_path), TASK), KNOWN)


def test_no_file_ignores_nothing(tmp_path: Path) -> None:
    assert from_tree(from_folder(str(tmp_path), TASK), KNOWN) == []
