"""Which imports are lazy: all, or those of some packages, but for those that must not be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from surefoot._runtime import lazy_imports
from surefoot._runtime.config import Config
from surefoot._runtime.lazy_imports import enable, make_filter, read_eager
from surefoot.errors import ConfigError

API = {"AWS_LAMBDA_RUNTIME_API": "h:1"}


@pytest.mark.parametrize(
    ("setting", "eager", "name", "lazy"),
    [
        ("1", "", "anything.at.all", True),
        ("1", "boto3", "boto3", False),
        ("1", "boto3", "boto3.session", False),
        ("1", "boto3.session", "boto3", True),
        ("1", "boto3", "boto3more", True),
        ("boto3, a.b", "", "boto3.session", True),
        ("boto3,a.b", "", "a.b", True),
        ("boto3,a.b", "", "a.c", False),
        ("boto3,a.b", "", "json", False),
        ("1,-boto3", "", "boto3.session", False),
        ("1,-boto3", "json", "pandas", True),
        ("1,-boto3", "json", "json", False),
        ("boto3,-boto3.session", "", "boto3.session", False),
        ("boto3", "boto3.session", "boto3.session.x", False),
    ],
)
def test_an_import_is_lazy_by_its_package(setting: str, eager: str, name: str, lazy: bool) -> None:
    decide = make_filter(setting, frozenset(eager.split()))
    assert decide("importer", name, ("names",)) is lazy


def test_the_file_of_eager_modules_may_be_missing(tmp_path: Path) -> None:
    assert read_eager(str(tmp_path / "none")) == frozenset()
    (tmp_path / "some").write_text("a\nb.c\n")
    assert read_eager(str(tmp_path / "some")) == {"a", "b.c"}


def test_the_interpreter_is_switched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[object] = []
    monkeypatch.setattr(sys, "set_lazy_imports", calls.append, raising=False)
    monkeypatch.setattr(sys, "set_lazy_imports_filter", calls.append, raising=False)
    (tmp_path / "eager").write_text("app")
    enable("1", str(tmp_path / "eager"))
    decide, mode = calls
    assert mode == "all"
    assert callable(decide)
    assert [decide("x", name, None) for name in ("app.part", "json")] == [False, True]


def test_an_older_interpreter_says_that_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.delattr(sys, "set_lazy_imports", raising=False)
    monkeypatch.setattr(lazy_imports, "log_to_operator", said.append)
    enable("1")
    assert "3.15" in said[0]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("", ""), ("0", ""), ("1", "1"), ("boto3,a.b", "boto3,a.b"), ("1,-x", "1,-x")],
)
def test_the_setting_takes_a_switch_or_packages(value: str, wanted: str) -> None:
    assert Config(["a.b"], {**API, "SUREFOOT_LAZY_IMPORTS": value}).lazy_imports == wanted


@pytest.mark.parametrize("value", ["2", "1,2", "--a", "yes please", "a,,b", "a b", "a.,b", "-"])
def test_another_setting_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="SUREFOOT_LAZY_IMPORTS"):
        Config(["a.b"], {**API, "SUREFOOT_LAZY_IMPORTS": value})
