"""Log formats, levels and the telemetry channel, next to awslambdaric's own output."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess, Outcome
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

LOGGING = """
import logging
log = logging.getLogger("app")
class Odd:
    def __str__(self):
        return "odd"
    __repr__ = __str__
def handler(event, context):
    for level in (5, 10, 20, 30, 40, 50, 60):
        log.log(level, "at %s", level)
    log.warning({"a": 1, "b": Odd()})
    log.warning("extra", extra={"order": 7, "odd": Odd()})
    log.warning("umlaut ä \\u2028")
    try:
        {}["missing"]
    except KeyError:
        log.exception("caught")
    context.log("as it is\\n")
    print("printed")
    if event:
        raise ValueError("uncaught")
"""
LEVELS = ["", "TRACE", "DEBUG", "debug", "INFO", "WARN", "ERROR", "CRITICAL", "FATAL", "nonsense"]


def run(client: Client, task: Path, environ: Mapping[str, str]) -> Outcome:
    """One good and one failing invocation of a function that logs."""
    (task / "app.py").write_text(LOGGING, encoding="utf-8")
    script = [
        Invocation(b"0", headers={"Lambda-Runtime-Aws-Tenant-Id": "tenant"}),
        Invocation(b"1"),
    ]
    with (
        RuntimeApi(script, then=Then.PARK) as api,
        ClientProcess(client, "app.handler", task, api.address, environ) as process,
    ):
        api.wait_for(2, Route.RESPONSE, Route.ERROR)
        process.kill()
        return process.finish()


def same_times(log: bytes) -> str:
    """Text without what differs from run to run."""
    text = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", b"TIME", log).decode()
    return re.sub(r"\d{8}-aaaa-4bbb-8ccc-0123456789ab", "ID", text)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("log_format", ["", "TEXT", "JSON", "json"])
def test_records_are_awslambdarics(tmp_path: Path, log_format: str, level: str) -> None:
    environ = {"AWS_LAMBDA_LOG_FORMAT": log_format, "AWS_LAMBDA_LOG_LEVEL": level}
    ours = run(Client.SUREFOOT, tmp_path, environ)
    theirs = run(Client.AWSLAMBDARIC, tmp_path, environ)
    assert same_times(ours.stdout) == same_times(theirs.stdout)


@pytest.mark.parametrize("level", ["", "INFO"])
@pytest.mark.parametrize("log_format", ["TEXT", "JSON"])
def test_telemetry_frames_are_awslambdarics(tmp_path: Path, log_format: str, level: str) -> None:
    # Descriptor 2 is one that a test can read back: the frames arrive on standard error.
    environ = {
        "AWS_LAMBDA_LOG_FORMAT": log_format,
        "AWS_LAMBDA_LOG_LEVEL": level,
        "_LAMBDA_TELEMETRY_LOG_FD": "2",
    }
    ours = run(Client.SUREFOOT, tmp_path, environ)
    theirs = run(Client.AWSLAMBDARIC, tmp_path, environ)
    assert frames(ours.stderr) == frames(theirs.stderr)
    assert ours.stdout == theirs.stdout == b"printed\nprinted\n"


def frames(data: bytes) -> list[tuple[str, str]]:
    """The frames as (type, text); times must be plausible microseconds."""
    found = []
    while data:
        kind, length, time = struct.unpack(">4sIQ", data[:16])
        assert time > 1_700_000_000_000_000
        found.append((kind.hex(), same_times(data[16 : 16 + length])))
        data = data[16 + length :]
    return found


def test_the_telemetry_descriptor_is_no_longer_in_the_environment(start: Start) -> None:
    function = start(
        """
        import os
        def handler(event, context):
            return "_LAMBDA_TELEMETRY_LOG_FD" in os.environ
        """,
        environ={"_LAMBDA_TELEMETRY_LOG_FD": "2"},
    )
    assert function.call(Invocation()).body == b"false"


@pytest.mark.parametrize("log_format", ["TEXT", "JSON"])
def test_a_bad_logging_call_fails_no_invocation(start: Start, log_format: str) -> None:
    function = start(
        """
        import logging
        class Bad:
            def __str__(self):
                raise RuntimeError("no text")
            __repr__ = __str__
        def handler(event, context):
            logging.warning("%d %d", "too few")
            logging.warning({(1, 2): "no JSON key"})
            logging.warning("%s", Bad())
            logging.warning("\\udc80 and \\ud83d")
            logging.warning("after all that")
            return "well"
        """,
        environ={"AWS_LAMBDA_LOG_FORMAT": log_format},
    )
    assert function.call(Invocation()).body == b'"well"'
    outcome = function.end()
    assert b"after all that" in outcome.stdout
    assert b"Logging error" in outcome.stderr


def test_prints_logs_and_errors_stay_in_order(start: Start) -> None:
    function = start(
        """
        import logging, os, sys
        os.dup2(1, 2)
        def handler(event, context):
            print("one")
            logging.error("two")
            print("three", file=sys.stderr)
            context.log("four\\n")
            print("five")
            raise ValueError("six")
        """
    )
    function.call(Invocation())
    log = function.end().stdout.decode()
    words = re.findall(r"\b(one|two|three|four|five|six)\b", log.replace("\r", "\n"))
    assert words[:6] == ["one", "two", "three", "four", "five", "six"]


def test_what_is_printed_without_a_line_end_is_out_before_the_answer(start: Start) -> None:
    function = start("def handler(event, context): print('partial', end='')")
    function.call(Invocation())
    function.process.kill()
    assert function.process.finish().stdout == b"partial"


def test_records_of_a_failed_invocation_in_json_are_one_line(start: Start) -> None:
    function = start(
        "def handler(event, context): raise ValueError('x')",
        environ={"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    )
    invocation = Invocation()
    function.call(invocation)
    (line,) = function.end().stdout.decode().splitlines()
    record = json.loads(line)
    assert (record["level"], record["errorType"]) == ("ERROR", "ValueError")
    assert record["requestId"] == invocation.request_id


def test_an_unknown_level_is_reported_once(start: Start) -> None:
    function = start(
        "import logging\ndef handler(event, context): logging.error('shown')",
        environ={"AWS_LAMBDA_LOG_LEVEL": "LOUD"},
    )
    function.call(Invocation())
    outcome = function.end()
    assert b"shown" in outcome.stdout
    assert outcome.stderr.count(b"AWS_LAMBDA_LOG_LEVEL is 'LOUD'") == 1


def test_a_function_that_never_logs_never_loads_logging(start: Start) -> None:
    function = start(
        """
        import sys
        def handler(event, context):
            return "logging" in sys.modules
        """
    )
    assert function.call(Invocation()).body == b"false"


NAMES = """
import logging
root = logging.getLogger()
root.setLevel(logging.INFO)

class Redact(logging.Filter):
    def filter(self, record):
        record.msg = f"{record.aws_request_id[-4:]} {record.tenant_id} {record.msg}"
        return True

def names(event, context):
    (handler,) = root.handlers
    return [type(handler).__name__, *(type(each).__name__ for each in handler.filters)]

def filtering(event, context):
    root.handlers[0].addFilter(Redact())
    root.info("hi")

def reusing(event, context):
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(aws_request_id)s|%(message)s"))
    for each in root.handlers[0].filters:
        handler.addFilter(each)
    logger = logging.getLogger("mine")
    logger.propagate = False
    logger.addHandler(handler)
    logger.warning("hello")

def removing(event, context):
    root.handlers[0].filters.clear()
    root.info("bare")

def sink(event, context):
    root.handlers[0].log_sink.log("from outside\\n")
    root.handlers[0].log_sink.log_error(["one", "two"])
"""


@pytest.mark.parametrize("setting", ["", "AWS_LAMBDA_LOG_FORMAT", "AWS_LAMBDA_LOG_LEVEL"])
def test_the_logs_handler_and_its_filter_have_awss_names(start: Start, setting: str) -> None:
    value = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    environ = {setting: value[setting]} if setting else {}
    running = start(NAMES, handler="app.names", environ=environ)
    name = "LambdaLoggerHandler" + ("WithFrameType" if setting else "")
    assert json.loads(running.call(Invocation()).body) == [name, "LambdaLoggerFilter"]


def test_a_functions_filter_reads_the_ids_of_the_invocation(start: Start) -> None:
    running = start(NAMES, handler="app.filtering")
    invocation = Invocation(headers={"Lambda-Runtime-Aws-Tenant-Id": "blue"})
    assert running.call(invocation).body == b"null"
    written = f"\t{invocation.request_id}\t{invocation.request_id[-4:]} blue hi\n"
    running.process.wait_for_output(written.encode())


def test_the_handlers_filters_serve_another_handler_too(start: Start) -> None:
    running = start(NAMES, handler="app.reusing")
    invocation = Invocation()
    assert running.call(invocation).body == b"null"
    running.process.wait_for_output(f"{invocation.request_id}|hello".encode())


def test_a_record_has_its_ids_even_without_the_filter(start: Start) -> None:
    running = start(NAMES, handler="app.removing")
    invocation = Invocation()
    assert running.call(invocation).body == b"null"
    running.process.wait_for_output(f"\t{invocation.request_id}\tbare\n".encode())


def test_the_sink_is_written_to_by_awss_names(start: Start) -> None:
    running = start(NAMES, handler="app.sink")
    assert running.call(Invocation()).body == b"null"
    running.process.wait_for_output(b"from outside\none\rtwo\n")
