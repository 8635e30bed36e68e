from __future__ import annotations

import base64
import re

from tests.acceptance.conftest import Answer, Caller

REPORT = re.compile(
    r"REPORT RequestId: (\S+)\tDuration: (\d+\.\d\d) ms\tBilled Duration: (\d+) ms\t"
    r"Memory Size: 256 MB\tMax Memory Used: (\d+) MB\t(?:Init Duration: \d+\.\d\d ms\t)?"
)


def log_of(answer: Answer) -> str:
    return base64.b64decode(answer.response["LogResult"]).decode()


def test_the_tail_of_the_log_has_everything_that_was_printed(call: Caller) -> None:
    log = log_of(call.invoke("log", {}, LogType="Tail"))
    lines = log.split("\n")
    assert lines[0].startswith("START RequestId: ")
    for text in ("printed", "to stderr", "without an end"):
        assert text in lines
    assert re.search(r"^\[WARNING\]\t\S+Z\t\S+\tlogged once$", log, re.MULTILINE)
    assert lines[-3].startswith("END RequestId: ")
    assert REPORT.fullmatch(lines[-2])


def test_report_is_measured(call: Caller) -> None:
    answer = call.invoke("meet", {"seconds": 0.5}, LogType="Tail")
    match = REPORT.search(log_of(answer))
    assert match is not None
    headers = answer.response["ResponseMetadata"]["HTTPHeaders"]
    assert match[1] == headers["x-amzn-requestid"]
    assert float(match[2]) >= 500
    assert int(match[3]) >= 500
    assert 0 < int(match[4]) < 256


def test_without_tail_there_is_no_log(call: Caller) -> None:
    assert "LogResult" not in call.invoke("log", {}).response


def test_the_tail_has_4_kb_at_most(call: Caller) -> None:
    log = log_of(call.invoke("log", {"lines": 100}, LogType="Tail"))
    assert len(log.encode()) == 4096
    assert "line 99 " in log
    assert "line 1 " not in log


def test_an_error_is_one_line_of_the_log(call: Caller) -> None:
    log = log_of(call.invoke("fail", {"how": "raise"}, LogType="Tail"))
    [line] = [line for line in log.split("\n") if line.startswith("[ERROR]")]
    assert "LookupError: no such order: 42\rTraceback" in line


def test_a_time_out_is_in_the_log_and_in_its_report(call: Caller) -> None:
    log = log_of(call.invoke("slow", {"how": "hang"}, LogType="Tail"))
    assert re.search(r"^\S+Z \S+ Task timed out after 3\.00 seconds$", log, re.MULTILINE)
    assert "Status: timeout" in log.split("\n")[-2]
