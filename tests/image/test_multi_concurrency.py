"""The official emulator's multi-concurrency mode, with four workers that live and die.

It wants root, leaves root for 993:990 itself, ignores the command but for the handler's name, and
refuses an invocation when no worker is parked at that moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from rie.errors import UserError
from rie.function import Function
from rie.local.client import PATH
from rie.local.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.image.conftest import Logs

TASK = Path(__file__).parent / "task"
WORKERS = 4
TIMEOUT_S = 20
KILL = "import os, sys; os.kill(int(sys.argv[1]), 9)"


class Many:
    """A sandbox in this mode, and the calls to it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._expected = 0

    def call(self, **event: Any) -> Any:
        """Invoke, again while no worker is parked; the parsed answer."""
        while True:
            answer = requests.post(self.sandbox.url + PATH, json=event, timeout=60)
            if answer.status_code != 400 or b"Runtime.Unavailable" not in answer.content:
                assert answer.status_code == 200, answer.content
                return answer.json()

    def together(self, count: int = WORKERS) -> list[dict[str, int]]:
        """The answers of invocations that were all under way at the same time."""
        self._expected += count
        with ThreadPoolExecutor(count) as pool:
            calls = [pool.submit(self.call, together=self._expected) for _ in range(count)]
            answers = [call.result() for call in calls]
        assert len({answer["pid"] for answer in answers}) == count
        return answers

    def kill(self, pid: int) -> None:
        """Send SIGKILL to a process of the container."""
        code, output = self.sandbox.container.exec_run(["python3", "-c", KILL, str(pid)])
        assert code == 0, output


@pytest.fixture
def many(task_image: str, logs: Logs) -> Iterator[Many]:
    function = Function("test-task", TASK, "many.handler")
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": str(WORKERS)}
    sandbox = Sandbox(task_image, function, timeout_s=TIMEOUT_S, variables=variables, logs=logs)
    sandbox._options.update(user="0:0", cap_drop=[])
    with sandbox:
        yield Many(sandbox)


def test_four_invocations_run_at_once_as_lambdas_user(many: Many) -> None:
    for _ in range(2):
        answers = many.together()
        assert {answer["uid"] for answer in answers} == {993}
        assert len({answer["supervisor"] for answer in answers}) == 1


def test_the_emulators_wrong_deadline_is_put_right(many: Many) -> None:
    assert 0 < many.call()["left_ms"] <= TIMEOUT_S * 1000


def test_a_worker_killed_while_busy_fails_its_own_invocation_at_once(
    many: Many, logs: Logs
) -> None:
    before = {answer["pid"] for answer in many.together()}
    report = many.call(die=True)
    assert report["errorType"] == "Runtime.ExitError"
    assert "signal 9 (Killed); perhaps out of memory?" in report["errorMessage"]
    after = {answer["pid"] for answer in many.together()}
    assert len(before - after) == 1
    assert "perhaps out of memory?" in logs.text


def test_a_worker_killed_while_parked_costs_one_invocation(many: Many) -> None:
    before = {answer["pid"] for answer in many.together()}
    victim = min(before)
    many.kill(victim)
    # The emulator still counts the dead one as parked: it hands it one invocation, and refuses
    # the new worker a place until then.
    answers = [many.call() for _ in range(2 * WORKERS)]
    lost = [answer for answer in answers if "pid" not in answer]
    assert lost == [{"errorType": "Runtime.Unknown"}]
    after = {answer["pid"] for answer in many.together()}
    assert before - after == {victim}


def test_all_workers_can_be_replaced(many: Many) -> None:
    before = {answer["pid"] for answer in many.together()}
    with ThreadPoolExecutor(WORKERS) as pool:
        reports = list(pool.map(lambda _: many.call(die=True), range(WORKERS)))
    assert {report["errorType"] for report in reports} == {"Runtime.ExitError"}
    assert not before & {answer["pid"] for answer in many.together()}


def test_a_failed_init_is_reported_once(task_image: str, logs: Logs) -> None:
    function = Function("test-task", TASK, "broken.handler")
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": str(WORKERS)}
    sandbox = Sandbox(task_image, function, variables=variables, logs=logs)
    sandbox._options.update(user="0:0", cap_drop=[])
    # It may end before anybody has seen it run.
    with contextlib.suppress(UserError), sandbox:
        sandbox.wait()
    assert logs.text.count("Received Runtime Init Error") == 1
    assert 'name=runtime event="exit status 1"' in logs.text
