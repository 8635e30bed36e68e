"""``logging`` as Lambda sets it up: format, level, request id, and records that go wrong."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from surefoot._runtime.logs import Log
from surefoot._runtime.logs.setup import configure
from surefoot._runtime.logs.uncaught import record
from surefoot._runtime_api.error_report import Report
from tests.unit import fakes

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The root logger of the test run, put back afterwards."""
    root = logging.getLogger()
    handlers, level, converter = root.handlers[:], root.level, logging.Formatter.converter
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.Formatter.converter = converter


def configured(**environ: str) -> Log:
    log = fakes.log(**environ)
    log.request_id = "id-1"
    # Pytest puts handlers of its own there, one for each phase of a test.
    logging.getLogger().handlers.clear()
    configure(log)
    return log


def parsed(text: str) -> dict[str, Any]:
    assert text.endswith("\n")
    fields: dict[str, Any] = json.loads(text)
    assert STAMP.fullmatch(fields.pop("timestamp"))
    return fields


def test_a_text_record(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    logging.getLogger("app").warning("é %s", 1)
    out = capsys.readouterr().out
    assert STAMP.sub("T", out) == "[WARNING]\tT\tid-1\té 1\n"


def test_times_are_utc() -> None:
    configured()
    assert logging.Formatter.converter is time.gmtime


def test_without_a_level_of_lambda_pythons_own_holds(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger().setLevel(logging.WARNING)
    configured()
    logging.getLogger("app").info("quiet")
    assert capsys.readouterr().out == ""


def test_lambdas_level_is_the_root_loggers() -> None:
    configured(AWS_LAMBDA_LOG_LEVEL="trace")
    assert logging.getLogger().level == logging.DEBUG


def test_an_invalid_level_is_reported_and_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    configured(AWS_LAMBDA_LOG_LEVEL="LOUD")
    assert "AWS_LAMBDA_LOG_LEVEL is 'LOUD', which is no log level" in capsys.readouterr().err
    assert len(logging.getLogger().handlers) == 1


@pytest.mark.parametrize("form", ["TEXT", "JSON"])
def test_a_bad_logging_call_is_a_trace_on_standard_error(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    configured(AWS_LAMBDA_LOG_FORMAT=form)
    logging.getLogger("app").error("%d", "no number")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "TypeError" in seen.err


def test_a_json_record(capsys: pytest.CaptureFixture[str]) -> None:
    log = configured(AWS_LAMBDA_LOG_FORMAT="JSON")
    log.tenant_id = "tenant"
    logging.getLogger("app").error("é %s", 1, extra={"order": 7, "odd": {1}})
    assert parsed(capsys.readouterr().out) == {
        "level": "ERROR",
        "message": "é 1",
        "logger": "app",
        "requestId": "id-1",
        "tenantId": "tenant",
        "order": 7,
        "odd": "{1}",
    }


def test_a_dict_stays_an_object_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    configured(AWS_LAMBDA_LOG_FORMAT="JSON")
    logging.getLogger("app").error({"a": [1]})
    assert parsed(capsys.readouterr().out)["message"] == {"a": [1]}


def test_an_exception_in_json_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    configured(AWS_LAMBDA_LOG_FORMAT="JSON")
    try:
        raise KeyError("k")
    except KeyError:
        logging.getLogger("app").exception("failed")
    fields = parsed(capsys.readouterr().out)
    assert (fields["errorType"], fields["errorMessage"]) == ("KeyError", "'k'")
    assert __file__ in fields["stackTrace"][0]
    assert fields["location"].startswith(f"{__file__}:test_an_exception_in_json_says_where:")


REPORT = Report("KeyError", "'k'", ["  File x\n"], [])


def test_an_uncaught_error_is_one_text_record(capsys: pytest.CaptureFixture[str]) -> None:
    record(fakes.log(), REPORT, "id-1")
    out = capsys.readouterr().out
    assert out.startswith("[ERROR] KeyError: 'k'\rTraceback (most recent call last):\r")
    assert out.count("\n") == 1


def test_an_uncaught_error_is_one_json_record(capsys: pytest.CaptureFixture[str]) -> None:
    record(fakes.log(AWS_LAMBDA_LOG_FORMAT="JSON"), REPORT, "id-1")
    fields = parsed(capsys.readouterr().out)
    assert fields == {"level": "ERROR", **REPORT.fields("id-1")}


def test_a_log_that_cannot_be_written_costs_nothing() -> None:
    # No process has this descriptor.
    record(fakes.log(_LAMBDA_TELEMETRY_LOG_FD="1048577"), REPORT, "id-1")
