from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from rie.emulator.pool import ThrottledError
from tests.integration.rie.emulator.pools import laboratory, run, state_of

REPORT = re.compile(
    r"REPORT RequestId: [0-9a-f-]{36}\tDuration: (\d+\.\d\d) ms\tBilled Duration: \d+ ms\t"
    r"Memory Size: 512 MB\tMax Memory Used: (\d+) MB\t(Init Duration: (\d+\.\d\d) ms\t)?"
)


def test_an_invocation_gets_what_lambda_gives() -> None:
    async def test() -> None:
        async with laboratory("app.describe", timeout_s=30, variables={"TABLE": "orders"}) as lab:
            custom = '{"custom": {"a": "1"}}'
            done = await lab.invoke({"n": 1}, client_context=custom)
            seen, invocation = done.json, done.invocation
            assert done.failure is None
            assert seen["event"] == {"n": 1}
            assert seen["request_id"] == invocation.request_id
            assert seen["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:tasks"
            assert (seen["name"], seen["version"], seen["memory"]) == ("tasks", "$LATEST", "512")
            assert 0 < seen["remaining"] <= 30_000
            assert seen["custom"] == {"a": "1"}
            assert seen["trace"] == invocation.trace_id
            assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", seen["log_stream"])
            variables = seen["variables"]
            assert variables["TABLE"] == "orders"
            assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
            assert "AWS_LAMBDA_FUNCTION_TIMEOUT" not in variables
            assert "AWS_ACCESS_KEY_ID" not in variables

    run(test)


def test_an_idle_environment_is_used_again_and_its_state_is_kept() -> None:
    async def test() -> None:
        async with laboratory("app.describe") as lab:
            first, second = await lab.invoke(), await lab.invoke()
            assert (first.json["calls"], second.json["calls"]) == (1, 2)
            assert first.json["pid"] == second.json["pid"]
            assert len(lab.pool.environments) == 1

    run(test)


def test_the_log_has_start_end_and_a_measured_report() -> None:
    async def test() -> None:
        async with laboratory("app.prints") as lab:
            first, second = await lab.invoke(), await lab.invoke()
        start, *printed, end, report = first.log
        request_id = first.invocation.request_id
        assert start == f"START RequestId: {request_id} Version: $LATEST"
        assert sorted(printed) == ["and without", "on stderr", "with a line end"]
        assert end == f"END RequestId: {request_id}"
        match = REPORT.fullmatch(report)
        assert match is not None
        assert float(match[1]) > 0
        assert 5 < int(match[2]) < 512
        assert float(match[4]) > 0
        match = REPORT.fullmatch(second.log[-1])
        assert match is not None
        assert match[3] is None  # it was warm

    run(test)


def test_an_exception_is_reported_as_it_came() -> None:
    async def test() -> None:
        async with laboratory("app.misbehave") as lab:
            done = await lab.invoke("raise")
            assert done.json["errorType"] == "ValueError"
            assert done.json["errorMessage"] == "bad event"
            assert done.json["requestId"] == done.invocation.request_id
            assert done.failure is not None
            assert done.log[-1].endswith("Status: error\tError Type: Function.ValueError\t")
            assert (await lab.invoke()).json == 2  # the same process

    run(test)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("exit", "Runtime exited without providing a reason"),
        ("exit 3", "Runtime exited with error: exit status 3"),
        ("kill", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_process_that_ends_fails_its_invocation_and_a_new_one_gets_the_next(
    event: str, message: str
) -> None:
    async def test() -> None:
        async with laboratory("app.misbehave") as lab:
            done = await lab.invoke(event)
            request_id = done.invocation.request_id
            assert done.json == {
                "errorType": "Runtime.ExitError",
                "errorMessage": f"RequestId: {request_id} Error: {message}",
            }
            again = await lab.invoke()
            assert again.json == 1
            assert "Init Duration" not in again.log[-1]  # a suppressed init
            assert len(lab.pool.environments) == 1

    run(test)


def test_a_time_out_ends_the_process_and_the_next_invocation_works() -> None:
    async def test() -> None:
        async with laboratory("app.misbehave", timeout_s=5) as lab:
            assert (await lab.invoke()).json == 1
            object.__setattr__(lab.pool.settings, "timeout_s", 1)
            done = await lab.invoke("hang")
            request_id = done.invocation.request_id
            assert done.json == {
                "errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
            }
            assert "hanging" in done.log
            assert any(f"{request_id} Task timed out after 1.00 s" in line for line in done.log)
            assert "Duration: 1000.00 ms\tBilled Duration: 1000 ms" in done.log[-1]
            assert done.log[-1].endswith("Status: timeout\t")
            object.__setattr__(lab.pool.settings, "timeout_s", 60)
            assert (await lab.invoke()).json == 1

    run(test)


def test_files_are_kept_when_state_is_lost(tmp_path: Path) -> None:
    async def test() -> None:
        path = str(tmp_path / "kept")
        async with laboratory("app.keep") as lab:
            await lab.invoke({"path": path, "write": True, "die": True})
            assert (await lab.invoke({"path": path})).json == "kept"

    run(test)


def test_an_answer_over_the_limit_fails_and_the_same_process_goes_on() -> None:
    async def test() -> None:
        async with laboratory("app.misbehave") as lab:
            done = await lab.invoke("too large")
            assert done.json["errorType"] == "Function.ResponseSizeTooLarge"
            assert "requestId" not in done.json
            assert len((await lab.invoke("largest")).body) == 6_291_556
            assert (await lab.invoke()).json == 3

    run(test)


def test_more_memory_than_the_function_has_ends_it() -> None:
    async def test() -> None:
        async with laboratory("app.misbehave", memory_mb=128) as lab:
            done = await lab.invoke("grow")
            assert done.json["errorType"] == "Runtime.OutOfMemory"
            assert done.json["errorMessage"].endswith("signal: killed")
            assert "Max Memory Used: 128 MB" in done.log[-1]
            assert (await lab.invoke()).json == 1

    run(test)


def test_an_import_error_is_tried_again_in_the_invocation() -> None:
    async def test() -> None:
        async with laboratory("broken.handler") as lab:
            done = await lab.invoke()
            assert done.json["errorType"] == "ValueError"
            assert done.json["requestId"] == ""
            phases = [line for line in lab.recorder.lines if line.startswith("INIT_REPORT")]
            assert ["\tPhase: init\t" in phases[0], "\tPhase: invoke\t" in phases[1]] == [True] * 2
            assert len(phases) == 2

    run(test)


def test_an_init_phase_over_its_limit_is_repeated_under_the_time_out(tmp_path: Path) -> None:
    async def test() -> None:
        variables = {"MARK": str(tmp_path / "mark")}
        options = {"init_limit_s": 2, "timeout_s": 120, "variables": variables}
        async with laboratory("slow.handler", **options) as lab:
            # The first process hangs in its import; where it has not come so far, the second does.
            done = await lab.invoke()
            assert done.json == "started"
            [line] = [line for line in lab.recorder.lines if line.startswith("INIT_REPORT")]
            assert line.endswith("Phase: init\tStatus: timeout")
            assert "Init Duration" not in done.log[-1]

    run(test)


def test_a_command_that_is_missing_is_an_invalid_entrypoint() -> None:
    async def test() -> None:
        async with laboratory("app.echo", command=["/nowhere/bootstrap"]) as lab:
            done = await lab.invoke()
            assert done.json["errorType"] == "Runtime.InvalidEntrypoint"
            assert "/nowhere/bootstrap: no such file or directory" in done.json["errorMessage"]

    run(test)


def test_nothing_runs_between_invocations() -> None:
    async def test() -> None:
        async with laboratory("app.starts_a_child") as lab:
            first = (await lab.invoke()).json
            for pid in first.values():
                await _reach(pid, "T")
            second = (await lab.invoke()).json
            assert second["pid"] == first["pid"]
        assert {state_of(pid) for pid in {*first.values(), *second.values()}} <= {"", "Z"}

    run(test)


def test_the_environment_that_was_used_last_is_used_first(tmp_path: Path) -> None:
    async def test() -> None:
        async with laboratory("app.meets") as lab:
            event = {"folder": str(tmp_path), "count": 3}
            running = [lab.start(event) for _ in range(3)]
            answers = [await lab.finish(each) for each in running]
            assert len({each.json for each in answers}) == 3
            [last, *_] = [state for state in reversed(lab.recorder.states) if state[1] == "frozen"]
            done = await lab.invoke(event)
            assert done.invocation.environment == last[0]

    run(test)


def test_two_hundred_overlapping_invocations_are_all_answered() -> None:
    async def test() -> None:
        async with laboratory("app.echo", max_environments=4) as lab:
            running = [lab.start(number) for number in range(200)]
            answers = [(await lab.finish(each)).json for each in running]
            assert answers == list(range(200))
            assert len(lab.pool.environments) == 4

    run(test)


def test_a_restart_replaces_idle_environments_at_once_and_busy_ones_later(tmp_path: Path) -> None:
    async def test() -> None:
        running, go_on = tmp_path / "running", tmp_path / "go on"
        os.mkfifo(running)
        os.mkfifo(go_on)
        async with laboratory("app.waits", max_environments=1) as lab:
            busy = lab.start({"running": str(running), "go_on": str(go_on)})
            pid = int(await asyncio.to_thread(running.read_text))
            waiting = lab.start(None)
            lab.pool.restart()
            await asyncio.to_thread(go_on.write_text, "done")
            assert (await lab.finish(busy)).json == "done"
            assert (await lab.finish(waiting)).json == "did not wait"
            await _reach(pid, "")
            assert busy.environment != waiting.environment
            lab.pool.restart()
            assert lab.pool.environments == []
            done = await lab.invoke(None)
            assert done.invocation.environment not in {busy.environment, waiting.environment}

    run(test)


def test_reserved_concurrency_refuses_what_is_over_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with laboratory("app.meets", reserved_concurrency=2) as lab:
            event = {"folder": str(tmp_path), "count": 3}
            running = [lab.start(event) for _ in range(2)]
            with pytest.raises(ThrottledError):
                lab.start(event)
            (tmp_path / "the third").touch()
            for each in running:
                assert (await lab.finish(each)).failure is None
            assert (await lab.invoke(event)).failure is None

    run(test)


def test_an_environment_killed_between_invocations_costs_none() -> None:
    async def test() -> None:
        async with laboratory("app.describe") as lab:
            first = (await lab.invoke()).json
            os.kill(first["pid"], signal.SIGKILL)
            await _reach(first["pid"], "")
            second = await lab.invoke()
            assert second.failure is None
            assert second.json["calls"] == 1

    run(test)


async def _reach(pid: int, state: str) -> None:
    """Return when the process has that state; signals take effect when it is scheduled."""
    while state_of(pid) != state:  # noqa: ASYNC110  (/proc sends no events; `run` bounds it)
        await asyncio.sleep(0.001)


def test_a_stream_is_read_while_it_comes(tmp_path: Path) -> None:
    async def test() -> None:
        fifo = tmp_path / "go on"
        os.mkfifo(fifo)
        async with laboratory("app.stream") as lab:
            invocation = lab.start({"go_on": str(fifo)})
            chunks = invocation.answer.read_chunks()
            assert await chunks.__anext__() == b"one "
            assert not invocation.done.is_set()
            await asyncio.to_thread(fifo.write_text, "go on")
            assert b"".join([chunk async for chunk in chunks]) == b"two three"
            assert invocation.answer.streamed

    run(test)


def test_an_error_in_a_stream_comes_after_what_was_sent() -> None:
    async def test() -> None:
        async with laboratory("app.stream") as lab:
            late = await lab.invoke("late")
            assert late.body == b"one "
            assert late.failure is not None
            assert late.failure.error_type == "Function.ValueError"
            assert late.failure.message == "after it"
            early = await lab.invoke("early")
            assert early.json["errorMessage"] == "before the first byte"

    run(test)
