"""A worker that the Runtime API refuses something goes on, as far as there is sense in it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.integration.workers.pool import MEET, PID, running
from tests.integration.workers.test_places import BOTH
from tests.support.framing import header_block
from tests.support.invocation import Invocation
from tests.support.process import Client
from tests.support.reply import Ending, Reply, status_reply
from tests.support.route import Route

REFUSED = Invocation(raw=status_reply(500, "InternalServerError"))
GARBAGE = Invocation(raw=Reply((b"no HTTP at all\r\n\r\n",), Ending.CLOSE))
NO_ID = Invocation(raw=Reply((header_block("HTTP/1.1 200 OK", [("Content-Length", "0")]),)))


@BOTH
@pytest.mark.parametrize("status", [400, 403, 410, 413, 500, 503])
def test_a_refused_answer_ends_no_worker(tmp_path: Path, client: Client, status: int) -> None:
    script = [Invocation(answers=[status_reply(status)]), Invocation()]
    with running(tmp_path, PID, "1", client=client, script=script) as pool:
        first, second = (pool.answer(each).body for each in script)
        assert first == second


def test_an_answer_that_is_refused_ends_no_worker(tmp_path: Path) -> None:
    lost = Reply((b"",), Ending.RESET)
    # The first time, the connection may just have been stale.
    script = [Invocation(answers=[lost] * 3), Invocation()]
    with running(tmp_path, PID, "1", script=script) as pool:
        pool.answer(script[1])
        bodies = [each.body for each in pool.api.complete(Route.RESPONSE)]
        assert (len(bodies), len(set(bodies))) == (4, 1)
        pool.api.hang_up()
        assert b"hung up twice" in pool.end().stderr


@BOTH
def test_next_is_asked_five_times(tmp_path: Path, client: Client) -> None:
    script = [*[REFUSED] * 4, Invocation()]
    # In other environments awslambdaric asks once and dies.
    environ = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
    with running(tmp_path, PID, "1", client=client, script=script, environ=environ) as pool:
        pool.answer(script[-1])
        pool.wait_for_polls(6)
        assert pool.polls() == 6


@pytest.mark.parametrize(("refusal", "code"), [(REFUSED, 71), (GARBAGE, 76), (NO_ID, 76)])
def test_five_refusals_of_every_worker_end_the_runtime(
    tmp_path: Path, refusal: Invocation, code: int
) -> None:
    with running(tmp_path, PID, "2", script=[refusal] * 12) as pool:
        outcome = pool.end()
    assert outcome.code == code
    # Each worker says once that it asks again; then one of them says why all of them end.
    assert outcome.stderr.count(b"asks again") == 2
    assert outcome.stderr.count(b"\n") == 3


def test_a_container_error_of_one_place_leaves_the_others_alone(tmp_path: Path) -> None:
    # The emulator's answer to a worker whose predecessor was killed while it was parked.
    with running(tmp_path, MEET, "2") as pool:
        pool.wait_for_polls(2)
        (busy,), _ = pool.meet(1)
        pool.api.deliver(*[REFUSED] * 7)
        last = pool.meeting.invocation()
        pool.api.deliver(last)
        pool.meeting.wait_for(1)
        pool.meeting.release()
        assert {pool.answer(each).route for each in (busy, last)} == {Route.RESPONSE}
        pool.process.signal(signal.SIGTERM)
        assert b"died" not in pool.end().stderr


def test_the_end_of_the_sandbox_is_reported_once(tmp_path: Path) -> None:
    script = [Invocation() for _ in range(5)]
    with running(tmp_path, PID, "4", script=script) as pool:
        pool.api.wait_for(5, Route.RESPONSE)
        pool.wait_for_polls(9)
        pool.api.hang_up()
        outcome = pool.end()
    assert outcome.code == 69
    lines = outcome.stderr.splitlines()
    assert [line for line in lines if b"asks again" not in line] == lines[-1:]
    assert b"the sandbox is gone" in lines[-1]
