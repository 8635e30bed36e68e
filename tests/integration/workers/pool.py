"""A function with workers: its Runtime API, its supervisor, its meeting place."""

from __future__ import annotations

import contextlib
import os
import select
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.integration.workers.meeting import SOURCE, Meeting
from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess, Outcome
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

PID = "def handler(event, context):\n    return os.getpid()\n"
MEET = "def handler(event, context):\n    meet(event)\n    return os.getpid()\n"


class Pool:
    """What a test works with."""

    def __init__(self, api: RuntimeApi, process: ClientProcess, meeting: Meeting) -> None:
        self.api = api
        self.process = process
        self.meeting = meeting

    def call(self) -> Request:
        """Deliver an invocation of nothing and wait for its answer."""
        invocation = Invocation()
        self.api.deliver(invocation)
        return self.answer(invocation)

    def answer(self, invocation: Invocation) -> Request:
        """Wait for the answer to an invocation; there is no second one."""
        self.api.wait_until(lambda: bool(self.answers(invocation)))
        (answer,) = self.answers(invocation)
        return answer

    def answers(self, invocation: Invocation) -> list[Request]:
        """What came back about an invocation so far."""
        posts = self.api.complete(Route.RESPONSE, Route.ERROR)
        return [each for each in posts if each.request_id == invocation.request_id]

    def meet(self, count: int) -> tuple[list[Invocation], list[int]]:
        """Have `count` invocations handled at the same time; their processes, in any order."""
        invocations = [self.meeting.invocation() for _ in range(count)]
        self.api.deliver(*invocations)
        pids = self.meeting.wait_for(count)
        assert len(set(pids)) == count
        return invocations, pids

    def polls(self) -> int:
        """How often the next invocation was asked for."""
        return len(self.api.complete(Route.NEXT))

    def wait_for_polls(self, count: int) -> None:
        """Wait until the next invocation was asked for so often, all in all."""
        self.api.wait_for(count, Route.NEXT)

    def end(self) -> Outcome:
        """Wait for the end; a supervisor that lingers is a fault."""
        outcome = self.process.finish()
        assert not outcome.killed, outcome
        return outcome


@contextlib.contextmanager
def running(
    task: Path,
    source: str,
    count: str | None = "3",
    *,
    handler: str = "app.handler",
    client: Client = Client.SUREFOOT,
    script: Iterable[Invocation] = (),
    then: Then = Then.PARK,
    environ: Mapping[str, str | None] | None = None,
) -> Iterator[Pool]:
    """Run a handler (its source, after the meeting's) with so many workers."""
    (task / "app.py").write_text(SOURCE + textwrap.dedent(source))
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": count, **(environ or {})}
    with (
        Meeting() as meeting,
        RuntimeApi(script, then=then) as api,
        ClientProcess(client, handler, task, api.address, variables) as process,
    ):
        yield Pool(api, process, meeting)


@contextlib.contextmanager
def watching(*pids: int) -> Iterator[list[int]]:
    """Handles on processes, taken while they live."""
    handles = [os.pidfd_open(pid) for pid in pids]
    yield handles
    for handle in handles:
        os.close(handle)


def wait_for_ends(handles: list[int]) -> None:
    """Wait until all the processes have ended."""
    for handle in handles:
        # A pidfd becomes readable when its process has ended.
        assert select.select([handle], [], [], DEADLINE)[0], "a process lives on"
