"""Handlers that end awslambdaric: under surefoot each is one answer, and the next one works."""

from __future__ import annotations

import json
import signal
import sys

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.differences import proves
from tests.integration.differential.pair import Pair, Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation
from tests.support.route import Route

ENVIRONMENTS = ["AWS_Lambda_python3.11", "AWS_Lambda_python3.12"]


def run(
    pairs: Pairs, case: str, environment: str = "AWS_Lambda_python3.11"
) -> tuple[Pair, Invocation]:
    """One fatal invocation and one that tells whether the process is still well."""
    fatal, well = Invocation(json.dumps(case).encode()), Invocation(b'"well"')
    scenario = Scenario(
        f"death {case} {environment}",
        "deaths.handler",
        (fatal, well),
        {"AWS_EXECUTION_ENV": environment},
    )
    pair = pairs.run(scenario)
    assert pair.surefoot.post(well).body == b'"well"'
    return pair, fatal


@proves("exit-in-handler")
@pytest.mark.parametrize(
    ("case", "error_type", "message", "code"),
    [
        ("exit-text", "SystemExit", "bye", 1),
        ("exit-zero", "SystemExit", "0", 0),
        ("exit-three", "SystemExit", "3", 3),
        ("interrupt", "KeyboardInterrupt", "", -signal.SIGINT),
        ("base-exception", "Base", "base", 1),
        ("generator-exit", "GeneratorExit", "", 1),
    ],
)
def test_a_base_exception_is_one_failed_invocation(
    pairs: Pairs, case: str, error_type: str, message: str, code: int
) -> None:
    pair, fatal = run(pairs, case)
    assert (pair.awslambdaric.answered, pair.awslambdaric.outcome.code) == (0, code)
    report = pair.surefoot.report(fatal)
    assert report["errorType"] == error_type
    assert message in report["errorMessage"]
    assert "deaths.py" in report["stackTrace"][0]


@proves("mute-exception")
@pytest.mark.parametrize(
    ("case", "error_type"),
    [("mute", "Mute"), ("mute-in-every-way", "MuteInEveryWay"), ("no-text", "NoText")],
)
def test_an_exception_without_words_is_reported(pairs: Pairs, case: str, error_type: str) -> None:
    pair, fatal = run(pairs, case)
    assert pair.awslambdaric.answered == 0
    assert pair.surefoot.report(fatal)["errorType"] == error_type


@proves("lone-surrogates")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_surrogate_in_a_message_is_reported(pairs: Pairs, environment: str) -> None:
    pair, fatal = run(pairs, "surrogate-message", environment)
    assert pair.awslambdaric.answered == 0
    report = pair.surefoot.report(fatal)
    assert report["errorType"] == "ValueError"
    assert report["errorMessage"].endswith(" broken")


@proves("lone-surrogates")
def test_a_surrogate_in_a_result_is_escaped_where_all_is_escaped(pairs: Pairs) -> None:
    for case in ("surrogate-result", "surrogate-key"):
        pair, invocation = run(pairs, case)
        expected = comparable.post(pair.awslambdaric.post(invocation))
        assert comparable.post(pair.surefoot.post(invocation)) == expected


@proves("lone-surrogates")
@pytest.mark.parametrize("case", ["surrogate-result", "surrogate-key"])
def test_a_surrogate_in_a_result_is_answered_where_nothing_is_escaped(
    pairs: Pairs, case: str
) -> None:
    pair, invocation = run(pairs, case, "AWS_Lambda_python3.12")
    assert pair.awslambdaric.answered == 0
    post = pair.surefoot.post(invocation)
    assert post.body.decode().isprintable()
    if post.route is Route.RESPONSE:
        assert json.loads(post.body) in ({"a": "\ud800"}, {"\udfff": 1})
    else:
        assert pair.surefoot.report(invocation)["errorType"] == "Runtime.MarshalError"


@proves("lone-surrogates")
def test_a_surrogate_that_is_printed_fails_no_invocation(pairs: Pairs) -> None:
    pair, fatal = run(pairs, "surrogate-print")
    assert pair.awslambdaric.report(fatal)["errorType"] == "UnicodeEncodeError"
    assert pair.surefoot.post(fatal).body == b'"went on"'
    assert pair.surefoot.outcome.stdout == b"\\ud800\n"


@proves("header-safety")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("case", ["line-end-class", "wide-class", "empty-class"])
def test_a_strange_class_name_breaks_no_header(pairs: Pairs, case: str, environment: str) -> None:
    pair, fatal = run(pairs, case, environment)
    post = pair.surefoot.post(fatal)
    assert post.header("X-Injected") is None
    assert (post.header("Lambda-Runtime-Function-Error-Type") or b"x").isascii()
    assert (post.header("Lambda-Runtime-Function-XRay-Error-Cause") or b"{}")[:1] == b"{"
    assert comparable.post(post) == comparable.post(pair.awslambdaric.post(fatal))


@proves("no-nan")
@pytest.mark.parametrize(
    ("case", "body"),
    [
        ("nan", b"NaN"),
        ("infinity", b'{"a": [Infinity]}'),
        ("minus-infinity", b"[-Infinity]"),
        ("decimal-nan", b"NaN"),
        ("decimal-minus-nan", b"NaN"),
        ("decimal-signalling-nan", b"NaN"),
        ("decimal-infinity", b'{"a": -Infinity}'),
    ],
)
def test_what_json_cannot_say_is_a_marshal_error(pairs: Pairs, case: str, body: bytes) -> None:
    pair, invocation = run(pairs, case)
    assert pair.awslambdaric.post(invocation).body == body
    report = pair.surefoot.report(invocation)
    assert report["errorType"] == "Runtime.MarshalError"
    words = "Unable to marshal response: Out of range float values are not JSON compliant: "
    assert report["errorMessage"].startswith(words)
    assert " at $" in report["errorMessage"]


@proves("bad-log-call")
@pytest.mark.parametrize("case", ["bad-log-arguments", "bad-log-object"])
def test_a_bad_logging_call_fails_no_invocation(pairs: Pairs, case: str) -> None:
    pair, invocation = run(pairs, case)
    assert pair.awslambdaric.report(invocation)["errorType"] in ("TypeError", "ValueError")
    assert pair.surefoot.post(invocation).body == b'"went on"'


@proves("small-cause")
def test_a_recursion_error_has_a_small_cause(pairs: Pairs) -> None:
    pair, fatal = run(pairs, "recursion")
    name = "Lambda-Runtime-Function-XRay-Error-Cause"
    assert len(pair.awslambdaric.post(fatal).header(name) or b"") > 65_536
    assert len(pair.surefoot.post(fatal).header(name) or b"") <= 65_536
    both = (pair.surefoot.report(fatal), pair.awslambdaric.report(fatal))
    for key in ("errorType", "errorMessage"):
        assert both[0][key] == both[1][key]


@proves("exception-chain")
@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("chained", ["KeyError", "first"]),
        ("in-context", ["KeyError", "first"]),
        ("with-note", ["a note of the function"]),
        pytest.param(
            "group",
            ["ValueError", "one", "KeyError", "two"],
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with 3.11"),
        ),
    ],
)
def test_the_chain_of_an_exception_is_reported(pairs: Pairs, case: str, words: list[str]) -> None:
    pair, fatal = run(pairs, case)
    theirs, ours = pair.awslambdaric.report(fatal), pair.surefoot.report(fatal)
    assert (ours["errorType"], ours["errorMessage"]) == (
        theirs["errorType"],
        theirs["errorMessage"],
    )
    trace = "".join(ours["stackTrace"])
    assert [word for word in words if word not in trace] == []
    assert ours["stackTrace"] != theirs["stackTrace"]


@pytest.mark.parametrize("case", ["closes-stdout", "leaves-directory"])
def test_a_handler_that_harms_the_process_is_still_answered(pairs: Pairs, case: str) -> None:
    pair, invocation = run(pairs, case)
    assert pair.surefoot.post(invocation).body == pair.awslambdaric.post(invocation).body
