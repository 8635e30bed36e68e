"""Odd invocations and odd answers of the Runtime API, which awslambdaric does not survive."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping

import pytest

from tests.integration.differential.differences import proves
from tests.integration.differential.pair import Pair, Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.framing import Text
from tests.support.invocation import Invocation
from tests.support.reply import status_reply
from tests.support.route import Route

CLIENT, IDENTITY = "Lambda-Runtime-Client-Context", "Lambda-Runtime-Cognito-Identity"


def run(pairs: Pairs, name: str, first: Invocation, handler: str = "ok.h") -> Pair:
    """An odd invocation and then an ordinary one, which surefoot answers."""
    second = Invocation()
    pair = pairs.run(Scenario(f"call {name}", handler, (first, second)))
    assert pair.surefoot.post(second).route in (Route.RESPONSE, Route.ERROR)
    return pair


@proves("no-content-type")
def test_an_event_without_content_type_is_json(pairs: Pairs) -> None:
    odd = Invocation(b'{"a": 1}', headers={"Content-Type": None})
    pair = run(pairs, "no content type", odd, "echo.handler")
    assert pair.awslambdaric.outcome.code == -signal.SIGSEGV
    assert json.loads(pair.surefoot.post(odd).body)["event"] == "{'a': 1}"


@proves("bad-deadline")
@pytest.mark.parametrize("value", ["", "soon", "-1", "9" * 30])
def test_a_bad_deadline_fails_at_most_its_invocation(pairs: Pairs, value: str) -> None:
    odd = Invocation(headers={"Lambda-Runtime-Deadline-Ms": value})
    pair = run(pairs, f"deadline {value}", odd)
    assert pair.awslambdaric.outcome.code == -signal.SIGABRT
    assert pair.surefoot.post(odd).body == b'"ok"'


@pytest.mark.parametrize("value", ["1.5", "1e3", None])
def test_a_deadline_that_awslambdaric_forgives_is_forgiven(pairs: Pairs, value: str | None) -> None:
    odd = Invocation(headers={"Lambda-Runtime-Deadline-Ms": value})
    pair = run(pairs, f"deadline {value}", odd)
    assert pair.surefoot.post(odd).body == pair.awslambdaric.post(odd).body == b'"ok"'


@proves("refused-answers")
@pytest.mark.parametrize("status", [400, 403, 404, 410, 413])
@pytest.mark.parametrize("handler", ["ok.h", "ok.number"])
def test_a_refused_answer_is_not_the_end(pairs: Pairs, status: int, handler: str) -> None:
    refused = Invocation(answers=[status_reply(status, "Refused")])
    pair = run(pairs, f"status {status} {handler}", refused, handler)
    assert (pair.awslambdaric.answered, pair.awslambdaric.outcome.code) == (1, 1)
    assert len(pair.surefoot.posts(refused)) == 1


@proves("refused-answers")
@pytest.mark.parametrize("handler", ["ok.h", "ok.number"])
def test_a_container_error_ends_both(pairs: Pairs, handler: str) -> None:
    refused = Invocation(answers=[status_reply(500, "ContainerError")])
    pair = pairs.run(Scenario(f"call 500 {handler}", handler, (refused, Invocation())))
    assert (pair.awslambdaric.answered, pair.surefoot.answered) == (1, 1)
    assert pair.surefoot.outcome.code != 0


@proves("request-id-in-path")
@pytest.mark.parametrize("request_id", ["a/b", "a b", "a#b", "a%2Fb", "é", "a?b", "../next"])
def test_any_request_id_is_answered(pairs: Pairs, request_id: str) -> None:
    odd = Invocation(request_id=request_id)
    pair = run(pairs, f"id {request_id}", odd)
    assert pair.surefoot.post(odd).body == b'"ok"'
    assert pair.surefoot.post(odd).line.isascii()
    if request_id != "a?b":  # answered by luck: the bench does not split off a query
        assert pair.awslambdaric.answered < 2
        assert pair.awslambdaric.outcome.code == 1


@proves("handler-variable")
def test_the_handler_comes_from_the_environment(pairs: Pairs) -> None:
    script = (Invocation(),)
    scenario = Scenario("handler variable", None, script, {"_HANDLER": "ok.h"})
    pair = pairs.run(scenario)
    assert pair.awslambdaric.requests == []
    assert pair.surefoot.post(script[0]).body == b'"ok"'


@proves("odd-client-context")
@pytest.mark.parametrize(
    "headers",
    [
        {CLIENT: "[1]"},
        {CLIENT: '"text"'},
        {CLIENT: "5"},
        {CLIENT: '{"client": "text"}'},
        {CLIENT: '{"client": []}'},
        {IDENTITY: "[]"},
        {IDENTITY: '"text"'},
    ],
    ids=str,
)
def test_a_context_of_the_wrong_shape_shows_no_runtime_frames(
    pairs: Pairs, headers: Mapping[str, Text | None]
) -> None:
    odd = Invocation(headers=headers)
    pair = run(pairs, f"shape {headers}", odd)
    assert "awslambdaric" in "".join(pair.awslambdaric.report(odd)["stackTrace"])
    post = pair.surefoot.post(odd)
    assert post.route is Route.RESPONSE or pair.surefoot.report(odd)["stackTrace"] == []


@proves("runtime-frames")
@proves("error-type-header")
@pytest.mark.parametrize(
    "handler",
    [
        "ok.number",
        "ok.none",
        "ok.__name__",
        "ok.takes_none",
        "kinds.one",
        "kinds.keywords",
        "kinds.cached",
        "json.loads",
    ],
)
def test_a_handler_that_cannot_be_called_shows_no_runtime_frames(
    pairs: Pairs, handler: str
) -> None:
    first = Invocation()
    pair = run(pairs, f"not callable {handler}", first, handler)
    ours, theirs = pair.surefoot.report(first), pair.awslambdaric.report(first)
    assert "awslambdaric" in "".join(theirs["stackTrace"])
    assert ours == {**theirs, "stackTrace": []}
    name = "Lambda-Runtime-Function-Error-Type"
    assert pair.awslambdaric.post(first).header(name) is None
    assert pair.surefoot.post(first).header(name) is not None


@proves("trimmed-by-name")
def test_a_users_bootstrap_file_is_in_the_trace(pairs: Pairs) -> None:
    first = Invocation()
    pair = run(pairs, "bootstrap", first, "bootstrap.handler")
    ours, theirs = pair.surefoot.report(first), pair.awslambdaric.report(first)
    assert "bootstrap.py" not in "".join(theirs["stackTrace"])
    assert "bootstrap.py" in ours["stackTrace"][0]
    assert ours["stackTrace"][1:] == theirs["stackTrace"]


@proves("cause-paths")
def test_the_paths_of_a_cause_are_in_the_order_of_the_trace(pairs: Pairs) -> None:
    first = Invocation(b'"in-a-module"')
    pair = run(pairs, "paths", first, "errors.handler")
    cause = json.loads(
        pair.surefoot.post(first).header("Lambda-Runtime-Function-XRay-Error-Cause") or b""
    )
    stack = [each["path"] for each in cause["exceptions"][0]["stack"]]
    assert cause["paths"] == list(dict.fromkeys(stack))
    assert len(cause["paths"]) == 2


@proves("last-words")
def test_the_end_of_the_sandbox_is_one_line_on_standard_error(pairs: Pairs) -> None:
    pair = run(pairs, "last words", Invocation())
    assert b"LAMBDA_RUNTIME Failed to get next" in pair.awslambdaric.outcome.stdout
    assert b"Traceback" in pair.awslambdaric.outcome.stderr
    assert pair.surefoot.outcome.stdout == b""
    assert pair.surefoot.outcome.stderr.count(b"\n") == 1
    assert pair.surefoot.outcome.code != 0
