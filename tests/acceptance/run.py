"""A run of the acceptance tests against one target, as a plugin of pytest that records facts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from rie.console import print_progress
from rie.paths import ROOT
from tests.acceptance.facts import DIFFERS, ERROR, HELD, NOT_RUN, Fact, name_fact
from tests.acceptance.targets import Target

NAME = "acceptance-run"
_HERE = Path(__file__).parent
_MARKS = {HELD: "ok", DIFFERS: "DIFFERS", ERROR: "ERROR", NOT_RUN: "not run"}


class AcceptanceRun:
    """Runs the tests against `target`; `facts` are filled meanwhile, in the tests' order."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._facts: dict[str, Fact] = {}
        self._finished: list[Fact] = []

    @property
    def facts(self) -> Sequence[Fact]:
        """Those of all tests that have ended."""
        return self._finished

    def execute(self, selection: str = "") -> int:
        """Run the tests that `selection` (pytest's -k) names, or all; pytest's exit code."""
        # Assertions are compiled to report passing comparisons, too: not into the usual cache.
        before = sys.pycache_prefix
        # Options for pytest's terminal, which is not there.
        os.environ.pop("PYTEST_ADDOPTS", None)
        with tempfile.TemporaryDirectory(prefix="surefoot-acceptance-") as cache:
            sys.pycache_prefix = cache
            try:
                return int(pytest.main(_make_arguments(selection, Path(cache)), plugins=[self]))
            finally:
                sys.pycache_prefix = before

    def pytest_configure(self, config: pytest.Config) -> None:
        """Be found by `find_run`."""
        config.stash[_RUN] = self

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what the target cannot answer: AWS's emulator little, processes no sandbox."""
        if self.target.name == "official":
            items[:] = [each for each in items if each.get_closest_marker("official")]
        elif self.target.name == "emulator":
            items[:] = [each for each in items if not each.get_closest_marker("sandbox")]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file of tests that cannot be read is an error of the run."""
        if report.failed:
            self._end(Fact(report.nodeid, ERROR, str(report.longrepr)))

    def pytest_assertion_pass(self, item: pytest.Item, lineno: int, orig: str, expl: str) -> None:
        """Record what an assertion compared."""
        del lineno
        self._fact(item).add(orig, expl.partition("\n")[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record the result of a test."""
        report = yield
        fact = self._fact(item)
        if call.excinfo is not None:
            _record_error(fact, call.when, call.excinfo)
        if report.when == "teardown":
            self._end(fact)
        return report

    def _fact(self, item: pytest.Item) -> Fact:
        if item.nodeid not in self._facts:
            self._facts[item.nodeid] = Fact(_name_of(item))
        return self._facts[item.nodeid]

    def _end(self, fact: Fact) -> None:
        self._finished.append(fact)
        reason = f": {fact.reason}" if fact.reason else ""
        print_progress(f"  {_MARKS[fact.result]:8} {fact.name}{reason}")


_RUN = pytest.StashKey[AcceptanceRun]()


def find_run(config: pytest.Config) -> AcceptanceRun | None:
    """The run that pytest was started for, if any."""
    return config.stash.get(_RUN, None)


def _make_arguments(selection: str, folder: Path) -> list[str]:
    return [
        *[str(_HERE), f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")],
        *["-o", "addopts=--import-mode=importlib", "-o", "enable_assertion_pass_hook=true"],
        # A warning of a library is no fact about Lambda. Plugins are imported before pytest starts.
        *["-o", "filterwarnings=default", "-W", "ignore::pytest.PytestAssertRewriteWarning"],
        *["-p", "no:terminal", "-p", "no:cacheprovider", f"--basetemp={folder / 'tests'}"],
        *(["-k", selection] if selection else []),
    ]


def _name_of(item: pytest.Item) -> str:
    function: Any = item
    parameters = item.name.partition("[")[2].removesuffix("]")
    name = parameters.removeprefix(f"{function.callspec.params['target']}")
    return name_fact(function.originalname, name.strip("-"))


def _record_error(fact: Fact, when: str, caught: pytest.ExceptionInfo[BaseException]) -> None:
    text = " ".join(str(caught.value).split())
    if isinstance(caught.value, pytest.skip.Exception):
        fact.result, fact.reason = NOT_RUN, text
        return
    asserted = isinstance(caught.value, AssertionError)
    fact.result = DIFFERS if when == "call" else ERROR
    own = [each for each in caught.traceback if Path(str(each.path)).is_relative_to(_HERE)]
    statement = str((own or caught.traceback)[-1].statement).strip()
    fact.add(
        statement.removeprefix("assert "),
        text.removeprefix("assert ") if asserted else f"{caught.typename}: {text}",
    )
