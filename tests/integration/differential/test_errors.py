"""Exceptions of a handler become the same reports, traces and log records."""

from __future__ import annotations

import json

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation

NAMES = [
    *["message", "no-message", "empty-message", "none-message", "key-error", "two-arguments"],
    *["text-of-its-own", "inner-class", "fails-to-build", "class-name-like-the-runtime"],
    *["non-ascii-message", "multi-line-message", "indented-message", "quotes", "nested"],
    *["nested-once", "repeated-frames", "in-a-module", "in-a-module-on-disk-only"],
    *["through-the-standard-library", "callback-of-the-standard-library", "from-generator"],
    *["from-comprehension", "from-compiled", "multi-line-call", "with-finally", "reraised"],
    *["stop-iteration", "zero-division", "os-error", "unicode-error", "assertion"],
    *["import-error", "attribute-error", "type-error", "timeout", "not-implemented", "warning"],
    *["long-message", "control-characters", "percent", "error-as-class"],
    "after-an-error-all-is-well",
]
INVOCATIONS = {name: Invocation(json.dumps(name).encode()) for name in NAMES}
SCENARIOS = {
    environment: Scenario(
        f"errors {environment}",
        "errors.handler",
        tuple(INVOCATIONS.values()),
        {"AWS_EXECUTION_ENV": environment},
    )
    for environment in ("AWS_Lambda_python3.11", "AWS_Lambda_python3.12")
}


@pytest.mark.parametrize("environment", SCENARIOS)
@pytest.mark.parametrize("case", INVOCATIONS)
def test_exceptions_are_reported_alike(pairs: Pairs, environment: str, case: str) -> None:
    pair = pairs.run(SCENARIOS[environment])
    expected = comparable.post(pair.awslambdaric.post(INVOCATIONS[case]))
    assert comparable.post(pair.surefoot.post(INVOCATIONS[case])) == expected


@pytest.mark.parametrize("environment", SCENARIOS)
def test_exceptions_are_logged_alike(pairs: Pairs, environment: str) -> None:
    pair = pairs.run(SCENARIOS[environment])
    expected = comparable.log(pair.awslambdaric.outcome)
    assert comparable.log(pair.surefoot.outcome) == expected
