"""One run of one client: start, every event, and the end."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rie.compare import observations
from rie.compare.observations import Observations
from rie.compare.runtime_api import Call, NoCallReceived, RuntimeApi
from rie.compare.runtime_process import Runtime

END_S = 10.0  # what a runtime gets to end by itself once it said that it could not start
WARM_S = 1.0  # how long one run repeats the events for the sake of the clock alone


@dataclass(frozen=True)
class Setting:
    """What both clients get alike; `timeout_s` is for an invocation, and for the start.

    `is_observed`: an observer in the process looks for patched names and open connections when it
    gets SIGURG, before each event; at SIGWINCH it does so for the last time and ends the process.
    """

    task: Path
    environment: Mapping[str, str]
    arn: str
    events: Sequence[bytes]
    timeout_s: int
    warm: int
    is_observed: bool = False


@dataclass
class Run:
    """What one run showed: `start` and one of `turns` for each event that got its turn.

    Timings are in milliseconds and absent where there was nothing to measure; warm ones are the
    mean of one invocation.
    """

    start: Observations = field(default_factory=dict)
    turns: list[Observations] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)


def run(api: RuntimeApi, command: Sequence[str], setting: Setting) -> Run:
    """Run one client over the events; after its death a new process gets the next, as on Lambda."""
    trial = Run()
    while len(trial.turns) < len(setting.events):
        with Runtime(command, setting.environment, setting.task) as runtime:
            session = _Session(api, runtime, setting)
            started = session.start()
            trial.start = trial.start or started
            if started[observations.OUTCOME] != observations.READY:
                break
            session.serve(trial)
        api.drop()
    api.drop()
    return trial


class _Session:
    """The life of one process; `_poll` is its call for the next event, while it waits."""

    def __init__(self, api: RuntimeApi, runtime: Runtime, setting: Setting) -> None:
        self._api = api
        self._runtime = runtime
        self._setting = setting
        self._poll: Call | None = None

    def start(self) -> Observations:
        """Wait for the first poll; what happened until then."""
        found: Observations = {}
        call = self._read_call()
        if isinstance(call, Call) and call.path == "init/error":
            found = observations.of_error(call.request, outcome=observations.INIT_ERROR)
            self._api.reply(call, 202)
            found[observations.PROCESS] = self._runtime.wait(END_S)
        elif isinstance(call, Call):
            self._poll = call
            found[observations.OUTCOME] = observations.READY
        else:
            found[observations.OUTCOME] = self._describe_no_call(call)
        return {**found, observations.LOG: observations.of_log(self._runtime.output())}

    def serve(self, trial: Run) -> None:
        """Give the events that are left, then repeat them for the timings."""
        fresh = not trial.turns
        while self._poll is not None and len(trial.turns) < len(self._setting.events):
            event = self._setting.events[len(trial.turns)]
            first = fresh and not trial.turns
            trial.turns.append(self._invoke(event, trial.timings if first else None))
        if self._poll is not None and self._setting.warm:
            self._measure(trial)
        if self._poll is not None and self._setting.is_observed:
            # awslambdaric waits in C code, and runs signal handlers when its poll has ended.
            self._runtime.signal(signal.SIGWINCH)
            self._api.reply(self._poll, 500)
            self._runtime.wait(END_S)

    def _invoke(self, event: bytes, timings: dict[str, float] | None) -> Observations:
        """One event and its answer; `timings` gets those of the start."""
        request_id = self._send(event)
        call = self._read_call()
        if not isinstance(call, Call):
            found: Observations = {observations.OUTCOME: self._describe_no_call(call)}
        else:
            if timings is not None:
                timings["start wall"] = (call.received - self._runtime.born) / 1e6
                timings["start CPU"] = self._runtime.cpu_ns() / 1e6
            found = self._answered(call, request_id)
            after = self._read_call()
            if isinstance(after, Call):
                self._poll = after
            else:
                found[observations.PROCESS] = f"{self._describe_no_call(after)}, after its answer"
        found[observations.LOG] = observations.of_log(self._runtime.output(), request_id)
        return found

    def _answered(self, call: Call, request_id: str) -> Observations:
        if call.path == f"invocation/{request_id}/error":
            self._api.reply(call, 202)
            return observations.of_error(call.request, request_id)
        self._api.reply(call, 413 if observations.is_too_large(call.request) else 202)
        return observations.of_result(call.request, request_id)

    def _measure(self, trial: Run) -> None:
        """The mean of further invocations; none when one of them is not answered."""
        enough = time.monotonic() + WARM_S
        cpu, wall, count = self._runtime.cpu_ns(), 0, 0
        while count < self._setting.warm and time.monotonic() < enough:
            sent = time.monotonic_ns()
            self._send(self._setting.events[count % len(self._setting.events)])
            call = self._read_call()
            if not isinstance(call, Call):
                return
            wall += call.received - sent
            self._api.reply(call, 202)
            after = self._read_call()
            if not isinstance(after, Call):
                return
            self._poll = after
            count += 1
        if not count:
            return
        trial.timings["warm wall"] = wall / count / 1e6
        trial.timings["warm CPU"] = (self._runtime.cpu_ns() - cpu) / count / 1e6

    def _send(self, event: bytes) -> str:
        """Answer the waiting poll with an event; the id of the request."""
        poll, self._poll = self._poll, None
        if poll is None:
            raise RuntimeError("the runtime has not asked for an event")
        if self._setting.is_observed:
            self._runtime.signal(signal.SIGURG)
        request_id = str(uuid.uuid4())
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self._setting.timeout_s) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._setting.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};"
            "Sampled=0",
        }
        self._api.reply(poll, 200, headers, event)
        return request_id

    def _read_call(self) -> Call | NoCallReceived:
        """Wait for a call about invocations; others, such as an extension's, are unknown here."""
        deadline = time.monotonic() + self._setting.timeout_s
        while True:
            call = self._api.next_call(self._runtime.pid, deadline)
            if not isinstance(call, Call) or call.path.startswith(("invocation/", "init/")):
                return call
            self._api.reply(call, 404)

    def _describe_no_call(self, silence: NoCallReceived) -> str:
        if silence is NoCallReceived.TIME_OUT:
            self._runtime.kill()
            return f"timed out after {self._setting.timeout_s} s"
        return self._runtime.wait(END_S)
