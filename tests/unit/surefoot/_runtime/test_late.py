"""What a failure loads from memory, and what is left when even that is not to be had."""

from __future__ import annotations

import subprocess
import sys

import pytest

from surefoot._runtime import late
from surefoot._runtime.late import BareReport, report_error, report_of
from surefoot._runtime.logs import Log
from tests.support.process import RUNTIME
from tests.unit import fakes


def test_modules_that_are_loaded_already_are_taken_as_they_are() -> None:
    from surefoot._runtime_api.error_report import Report

    assert isinstance(report_of(KeyError("k")), Report)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that holds no code that can be run."""
    monkeypatch.setattr(late, "_known", {"sys": __import__("sys")})
    monkeypatch.setattr(late, "_kept", [("surefoot.nothing", "x.py", b"no code")])


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.usefixtures("empty")
def test_without_its_modules_there_is_a_report_of_the_exception_alone() -> None:
    report = report_error(Log(fakes.config()), raised(ValueError("the reason")), "id")
    assert isinstance(report, BareReport)
    fields = report.fields("id")
    assert str(fields["errorMessage"]).startswith("the reason (a short report: ")
    assert (fields["errorType"], fields["requestId"]) == ("ValueError", "id")
    assert report.stack[-1].startswith(f'  File "{__file__}", line ')
    assert (report.header_type, report.xray_json(lambda _: b"x")) == ("Function.ValueError", b"")


class Mute(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("error", [Mute(), ValueError("x" * 10**7), type("é", (Exception,), {})()])
def test_the_short_report_survives_what_exceptions_do(error: BaseException) -> None:
    report = report_of(raised(error))
    assert len(report.message) < 3000
    assert report.header_type.isascii()


CHANGED_TIME = """
import sys, time as real
import surefoot._runtime_api, surefoot._runtime.logs
from surefoot._runtime import late
late.prepare()
for name in late.NAMES:
    assert name not in late._known
sys.modules["time"] = mine = type(sys)("time")
uncaught = late._load(late.NAMES[-1])
assert uncaught.time is real
assert sys.modules["time"] is mine
print("kept")
"""


def test_what_the_function_made_of_standard_modules_is_not_used_and_not_undone() -> None:
    # Not in this process, whose threads import time, too.
    command = [sys.executable, "-S", "-c", CHANGED_TIME]
    environ = {"PYTHONPATH": str(RUNTIME)}
    assert subprocess.check_output(command, env=environ, text=True) == "kept\n"


def test_outside_of_a_start_the_first_report_is_a_full_one() -> None:
    program = (
        "from surefoot._runtime import late\n"
        "try: raise RuntimeError('at once')\n"
        "except RuntimeError as error: print(late.report_of(error).message)\n"
    )
    environ = {"PYTHONPATH": str(RUNTIME)}
    printed = subprocess.check_output([sys.executable, "-c", program], env=environ, text=True)
    assert printed == "at once\n"
