"""Standard output is the same text, record by record."""

from __future__ import annotations

import json

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.differences import proves
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation

CASES = [
    *["levels", "exception", "info-level", "interleaved", "shape", "own-handler", "own-format"],
    *["basic-config", "after-basic-config", "object", "dict", "percent-alone", "multi-line"],
    *["tabs", "non-ascii", "empty", "extra", "stack-info", "context-log", "context-log-line"],
    *["context-log-object", "print-partial", "print-many", "print-non-ascii", "stderr", "flush"],
    *["isatty", "writelines", "buffer", "other-logger"],
]
SCENARIOS = {
    name: Scenario(
        f"logs {name}",
        "logs.handler",
        tuple(Invocation(json.dumps(case).encode()) for case in CASES),
        environ,
    )
    for name, environ in {
        "usual": {},
        "level INFO": {"AWS_LAMBDA_LOG_LEVEL": "INFO"},
        "level debug": {"AWS_LAMBDA_LOG_LEVEL": "debug"},
        "level TRACE": {"AWS_LAMBDA_LOG_LEVEL": "TRACE"},
        "level FATAL": {"AWS_LAMBDA_LOG_LEVEL": "FATAL"},
        "level unknown": {"AWS_LAMBDA_LOG_LEVEL": "LOUD"},
        "format text": {"AWS_LAMBDA_LOG_FORMAT": "Text"},
    }.items()
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_logs_are_alike(pairs: Pairs, name: str) -> None:
    pair = pairs.run(SCENARIOS[name])
    expected = comparable.log(pair.awslambdaric.outcome)
    expected = expected.replace(b"logged with a trace[", b"logged with a trace\n[")
    assert comparable.log(pair.surefoot.outcome).split(b"\n") == expected.split(b"\n")


@proves("record-line-ends")
def test_a_record_after_a_traceback_has_a_line_of_its_own(pairs: Pairs) -> None:
    pair = pairs.run(SCENARIOS["usual"])
    assert b"logged with a trace[" in pair.awslambdaric.outcome.stdout
    assert b"logged with a trace\n[" in pair.surefoot.outcome.stdout


@proves("no-nan-in-logs")
def test_json_records_with_nan_are_valid_json_on_surefoot(pairs: Pairs) -> None:
    script = (Invocation(b'"not-a-number"'),)
    environ = {"AWS_LAMBDA_LOG_FORMAT": "JSON"}
    pair = pairs.run(Scenario("logs NaN", "logs.handler", script, environ))
    assert b'"x": NaN, "y": [-Infinity]' in pair.awslambdaric.outcome.stdout
    assert b'"x": "nan", "y": ["-inf"]' in pair.surefoot.outcome.stdout


@pytest.mark.parametrize("name", SCENARIOS)
def test_logging_changes_no_answer(pairs: Pairs, name: str) -> None:
    pair = pairs.run(SCENARIOS[name])
    for invocation in SCENARIOS[name].script:
        expected = comparable.post(pair.awslambdaric.post(invocation))
        assert comparable.post(pair.surefoot.post(invocation)) == expected


def test_standard_error_carries_what_the_function_wrote(pairs: Pairs) -> None:
    pair = pairs.run(SCENARIOS["usual"])
    assert pair.awslambdaric.outcome.stderr.startswith(b"to stderr\n")
    assert pair.surefoot.outcome.stderr.startswith(b"to stderr\n")
