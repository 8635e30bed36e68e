"""Which packages may not be lazy is found by trying."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from surefoot_tools.seal import lazy_trial
from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.lazy_trial import VARIABLE, find_eager, search


@pytest.mark.parametrize("needed", [(), ("a",), ("h",), ("d",), ("b", "g"), ("a", "d", "h")])
def test_the_needed_names_are_found_in_few_trials(needed: Sequence[str]) -> None:
    trials = []

    def works(names: Sequence[str]) -> bool:
        trials.append(names)
        return set(needed) <= set(names)

    assert sorted(search("abcdefgh", works) or []) == sorted(needed)
    assert len(trials) <= 1 + 5 * len(needed) + 2


def test_where_nothing_helps_the_answer_is_none() -> None:
    assert search("abc", lambda _: False) is None


class Trials:
    """Outcomes of a function whose package `registry` must be imported at once."""

    def __init__(self) -> None:
        self.settings: list[str] = []

    def __call__(
        self, _handler: str, environ: dict[str, str], *_rest: object
    ) -> tuple[str, InitFacts]:
        setting = environ[VARIABLE]
        self.settings.append(setting)
        good = setting == "0" or "-registry" in setting.split(",")
        modules = {"app": "", "json": "", "registry.core": "", "boto3": ""}
        return ("aa" if good else "!KeyError"), InitFacts(modules=modules)


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    found = Trials()
    monkeypatch.setattr(lazy_trial, "_try", found)
    monkeypatch.setattr(sys, "set_lazy_imports", None, raising=False)
    return found


def test_a_package_that_must_not_be_lazy_is_written_and_reported(
    trials: Trials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    find_eager("app.handler", str(tmp_path / "record"), 1.0, "{}")
    eager = tmp_path / "record.eager"
    assert eager.read_text() == "registry\n"
    assert eager.stat().st_mode & 0o777 == 0o644
    assert "registry may not be lazy" in capsys.readouterr().err
    assert trials.settings[:2] == ["0", "1"]


def test_what_works_lazily_needs_no_file_and_an_older_one_goes(
    trials: Trials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "record.eager").write_text("old\n")
    monkeypatch.setenv(VARIABLE, "1,-registry")
    find_eager("app.handler", str(tmp_path / "record"), 1.0, "")
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    assert "end as without" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["", "0"])
def test_without_the_setting_nothing_is_tried(
    trials: Trials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(VARIABLE, setting)
    find_eager("app.handler", str(tmp_path / "record"), 1.0, "")
    assert trials.settings == []
