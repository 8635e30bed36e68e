"""The record of an uncaught error: both formats, both kinds of sink, and a log that fails."""

from __future__ import annotations

import json
import os
import struct
import time
from datetime import datetime, timezone

import pytest

from surefoot._runtime.logs import Log, uncaught
from surefoot._runtime.logs.sinks import Sink
from surefoot._runtime.logs.uncaught import record, report_error
from surefoot._runtime_api.error_report import Report
from tests.unit import fakes

REPORT = Report("ValueError", "no é", ["  File x\n    code\n"], [])
TEXT = (
    "[ERROR] ValueError: no é\rTraceback (most recent call last):\r"
    "\u00a0\u00a0File x\r\u00a0\u00a0\u00a0\u00a0code\n"
)


def test_text_is_one_event_of_awss_form(capsys: pytest.CaptureFixture[str]) -> None:
    record(Log(fakes.config()), REPORT, "id")
    assert capsys.readouterr().out == TEXT


def test_json_is_one_object_with_the_time_and_the_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = int(time.time())
    record(fakes.log(AWS_LAMBDA_LOG_FORMAT="JSON"), REPORT, "id")
    after = time.time()
    (line,) = capsys.readouterr().out.splitlines()
    fields = json.loads(line)
    stamp = datetime.strptime(fields.pop("timestamp"), "%Y-%m-%dT%H:%M:%SZ")
    assert before <= stamp.replace(tzinfo=timezone.utc).timestamp() <= after
    assert fields == {
        "level": "ERROR",
        "errorMessage": "no é",
        "errorType": "ValueError",
        "requestId": "id",
        "stackTrace": ["  File x\n    code\n"],
    }


@pytest.mark.parametrize(("form", "kind"), [("", 0xA55A0017), ("JSON", 0xA55A0016)])
def test_a_frame_has_the_level_of_an_error(form: str, kind: int) -> None:
    reading, writing = os.pipe()
    log = fakes.log(_LAMBDA_TELEMETRY_LOG_FD=str(writing), AWS_LAMBDA_LOG_FORMAT=form)
    record(log, REPORT, "id")
    frame = os.read(reading, 1 << 16)
    seen, length, _ = struct.unpack(">IIQ", frame[:16])
    assert (seen, length) == (kind, len(frame) - 16)
    assert "no é" in str(frame[16:], "utf-8") or b"no \\u00e9" in frame
    os.close(reading)
    os.close(writing)


class Broken:
    """A standard output of the function's own."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def write(self, _: str) -> None:
        raise self.error

    flush = write


@pytest.mark.parametrize("error", [OSError(28, "full"), ValueError("closed"), KeyError("mine")])
def test_a_log_that_cannot_be_written_to_sends_the_record_to_standard_error(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    log = Log(fakes.config())
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", Broken(error))
        record(log, REPORT, "id")
    assert capfd.readouterr().err == TEXT


def test_a_closed_telemetry_channel_sends_the_record_to_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    record(fakes.log(_LAMBDA_TELEMETRY_LOG_FD="987"), REPORT, "id")
    assert capfd.readouterr().err == TEXT


def test_an_error_is_recorded_and_its_report_returned(capsys: pytest.CaptureFixture[str]) -> None:
    report = report_error(Log(fakes.config()), KeyError("k"), "id")
    assert (report.kind, report.message) == ("KeyError", "'k'")
    assert capsys.readouterr().out.startswith("[ERROR] KeyError: 'k'\r")


def test_a_record_of_the_longest_report_is_an_event_that_cloudwatch_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = Report("K" * 10_000, "é" * 10**6, ["  " * 3000 + "x\n"] * 10_000, [])
    record(Log(fakes.config()), report, "id")
    # 256 KiB, of which CloudWatch counts 26 bytes for itself.
    assert len(capsys.readouterr().out.encode()) < 256 * 1024 - 26


@pytest.mark.parametrize(("form", "maker"), [("", "_text_lines"), ("JSON", "_json_lines")])
def test_a_record_that_cannot_be_made_is_one_short_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str, maker: str
) -> None:
    def broken(*_: object) -> list[str]:
        raise RecursionError(maker)

    monkeypatch.setattr(uncaught, maker, broken)
    record(fakes.log(AWS_LAMBDA_LOG_FORMAT=form), REPORT, "id")
    assert capsys.readouterr().out == "[ERROR] ValueError: no é\n"


class Sinkless(Log):
    """A log whose sink the function has made impossible to import."""

    @property
    def sink(self) -> Sink:
        raise ImportError("no more")


def test_a_log_without_a_sink_gets_one_for_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    record(Sinkless(fakes.config()), REPORT, "id")
    assert capsys.readouterr().out == TEXT


def test_a_record_without_a_sink_goes_to_the_telemetry_channel_if_there_is_one() -> None:
    reading, writing = os.pipe()
    record(Sinkless(fakes.config(_LAMBDA_TELEMETRY_LOG_FD=str(writing))), REPORT, "id")
    assert b"ValueError" in os.read(reading, 1 << 16)
    os.close(reading)
    os.close(writing)


def test_standard_error_keeps_the_runtime_for_half_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[tuple[int, bytes, float]] = []
    monkeypatch.setattr(uncaught, "write_within", lambda *seen: written.append(seen))
    record(fakes.log(_LAMBDA_TELEMETRY_LOG_FD="987"), REPORT, "id")
    assert written == [(2, TEXT.encode(), 0.5)]
