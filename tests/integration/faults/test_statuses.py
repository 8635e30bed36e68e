"""Statuses of the Runtime API, and a start that cannot succeed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.faults.bench import check_end, check_survival, proves, run
from tests.integration.faults.outcomes import FAULTS
from tests.support.invocation import Invocation
from tests.support.reply import reply, status_reply
from tests.support.route import Route

EVENTS = [b"[1]", b'"error"', b"200000"]


@proves("next-refused")
@pytest.mark.parametrize("status", [202, 204, 400, 403, 404])
def test_a_next_that_is_refused_is_the_end(task: Path, status: int) -> None:
    seen = run(task, [Invocation(raw=reply(status)), Invocation()])
    check_end(seen, "next-refused")
    assert len(seen.requests) == 1


@proves("next-500")
def test_a_container_error_of_next_is_the_end(task: Path) -> None:
    seen = run(task, [Invocation(raw=status_reply(500, "ContainerError")), Invocation()])
    check_end(seen, "next-500")


@proves("answer-400")
@proves("answer-403")
@proves("answer-410")
@proves("answer-413")
def test_a_refused_answer_is_a_line_in_the_log(task: Path) -> None:
    statuses = [400, 403, 410, 413]
    script = [
        Invocation(event, answers=[status_reply(status, "Refused")])
        for status in statuses
        for event in EVENTS
    ]
    seen = run(task, [*script, Invocation()])
    assert len(seen.lines) == len(script)
    for number, (line, each) in enumerate(zip(seen.lines, script, strict=True)):
        assert FAULTS[f"answer-{statuses[number // len(EVENTS)]}"].line in line
        assert each.request_id in line
        assert len(seen.answers(each.request_id)) == 1


@proves("answer-413")
def test_after_a_refusal_the_next_answer_is_an_ordinary_one(task: Path) -> None:
    script = [Invocation(answers=[status_reply(413, "RequestEntityTooLarge")]), Invocation()]
    seen = run(task, script)
    check_survival(seen, script, "answer-413")
    assert [each.route for each in seen.requests].count(Route.ERROR) == 0


@proves("answer-500")
@pytest.mark.parametrize("event", EVENTS)
def test_a_container_error_of_an_answer_is_the_end(task: Path, event: bytes) -> None:
    script = [Invocation(event, answers=[status_reply(500, "ContainerError")]), Invocation()]
    seen = run(task, script)
    check_end(seen, "answer-500")
    assert len(seen.answers(script[0].request_id)) == 1


@proves("init-refused")
@pytest.mark.parametrize("status", [403, 500])
def test_a_refused_init_error_still_exits_1(task: Path, status: int) -> None:
    refused = status_reply(status, "Refused")
    seen = run(task, [Invocation()], init_answer=refused, handler="app.nowhere")
    check_end(seen, "init-refused")
    assert [each.route for each in seen.requests] == [Route.INIT_ERROR]


@proves("bad-address")
@pytest.mark.parametrize("address", [None, "", "nowhere", "127.0.0.1:http", "127.0.0.1:70000"])
def test_an_unusable_address_is_reported(task: Path, address: str | None) -> None:
    check_end(run(task, [], {"AWS_LAMBDA_RUNTIME_API": address}), "bad-address")


@proves("no-handler")
def test_a_missing_handler_name_is_reported(task: Path) -> None:
    check_end(run(task, [], handler=None), "no-handler")
