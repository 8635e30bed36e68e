"""Runs the real runtime on a script and holds what happened against the fault table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.integration.faults.outcomes import FAULTS, Outcome
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.process import Outcome as Ended
from tests.support.reply import ACCEPTED, Reply
from tests.support.request import Request, State
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

# An int makes a response of that size, a text fails, anything else comes back.
HANDLER = """
def handler(event, context):
    if isinstance(event, str):
        raise ValueError(event)
    return "x" * event if isinstance(event, int) else event
"""
# Ends every run: the script is used up and the Runtime API goes away.
LAST_WORDS = "cannot connect to the Runtime API"

Test = TypeVar("Test", bound=Callable[..., object])
proved: set[str] = set()


def proves(name: str) -> Callable[[Test], Test]:
    """Mark the test of a fault; a name that is not in the table is an error."""
    assert name in FAULTS, f"{name} is not in the fault table"
    proved.add(name)
    return lambda test: test


@dataclass(frozen=True)
class Run:
    """What a process did."""

    requests: list[Request]
    ended: Ended

    @property
    def lines(self) -> list[str]:
        """What the runtime said on stderr, without how it ended with the script."""
        lines = self.ended.stderr.decode().splitlines()
        return lines[:-1] if lines and LAST_WORDS in lines[-1] else lines

    def answers(self, request_id: str) -> list[Request]:
        """The complete answers to one invocation."""
        return [
            each
            for each in self.requests
            if each.request_id == request_id and each.state is State.COMPLETE
        ]


def run(
    task: Path,
    script: Sequence[Invocation],
    environ: Mapping[str, str | None] | None = None,
    init_answer: Reply = ACCEPTED,
    handler: str | None = "app.handler",
) -> Run:
    """Serve a script until it is used up or the process ends before."""
    with (
        RuntimeApi(script, then=Then.HANG_UP, init_answer=init_answer) as api,
        ClientProcess(Client.SUREFOOT, handler, task, api.address, environ) as process,
    ):
        ended = process.finish()
    assert not ended.killed, f"it hangs: {ended}"
    return Run(api.requests, ended)


def check_end(seen: Run, fault: str) -> None:
    """The process has ended as the table says, with one line that says why."""
    row = FAULTS[fault]
    assert seen.ended.code == row.outcome.exit_code, seen.ended.stderr
    (line,) = seen.ended.stderr.decode().splitlines()
    assert line.startswith("surefoot: ")
    assert row.line in line


def check_survival(seen: Run, script: Sequence[Invocation], fault: str) -> None:
    """The process went on to the end of the script and each invocation has its one answer.

    An invocation stands in the script as often as it is delivered. An answer that was posted
    twice is one answer, byte for byte: the Runtime API refuses the second.
    """
    row = FAULTS[fault]
    assert row.outcome.exit_code is None
    assert seen.ended.code == Outcome.SANDBOX_GONE.exit_code
    assert LAST_WORDS in seen.ended.stderr.decode().splitlines()[-1]
    # Dict: each once, in the order of the script.
    wanted = list(dict.fromkeys(each.request_id for each in script))
    for request_id in wanted:
        answers = seen.answers(request_id)
        assert len({(each.target, each.body) for each in answers}) == 1, request_id
        assert len(answers) == 1 or row.outcome is Outcome.REPEATED
    polls = sum(each.route is Route.NEXT for each in seen.requests)
    assert polls >= len(script) + 1
    if row.line:
        assert all(row.line in line for line in seen.lines)
    else:
        assert seen.lines == []
