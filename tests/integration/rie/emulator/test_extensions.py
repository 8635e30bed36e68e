from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.rie.emulator.pools import TASKS, laboratory, run


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """Settings of a function with one external extension, which writes to the folder `records`."""
    folder, records = tmp_path / "extensions", tmp_path / "records"
    folder.mkdir()
    records.mkdir()
    program = (TASKS / "extension.py").read_text()
    (folder / "watcher").write_text(f"#!{sys.executable}\n{program}")
    (folder / "watcher").chmod(0o755)
    (folder / "README").write_text("not a program")
    return {"opt": tmp_path, "variables": {"RECORDS": str(records)}}


def read(options: dict[str, Any], name: str) -> list[Any]:
    path = Path(options["variables"]["RECORDS"]) / name
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_extension_hears_of_invocations_and_of_the_end(options: dict[str, Any]) -> None:
    async def test() -> None:
        async with laboratory("terminated.handler", **options) as lab:
            first, second = await lab.invoke(1), await lab.invoke(2)
            assert [first.body, second.body] == [b"1", b"2"]
            done = [each.invocation for each in (first, second)]
        described = {
            "functionName": "tasks",
            "functionVersion": "$LATEST",
            "handler": "terminated.handler",
        }
        assert read(options, "registered") == [[200, described]]
        *invoked, shutdown = read(options, "events")
        assert [event["requestId"] for event in invoked] == [each.request_id for each in done]
        assert invoked[0] == {
            "eventType": "INVOKE",
            "deadlineMs": done[0].deadline_ms,
            "requestId": done[0].request_id,
            "invokedFunctionArn": done[0].arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": done[0].trace_id},
        }
        assert shutdown["eventType"] == "SHUTDOWN"
        assert shutdown["shutdownReason"] == "spindown"
        assert (Path(options["variables"]["RECORDS"]) / "sigterm").exists()

    run(test)


def test_without_extensions_the_runtime_gets_no_sigterm(options: dict[str, Any]) -> None:
    async def test() -> None:
        del options["opt"]
        async with laboratory("terminated.handler", **options) as lab:
            await lab.invoke()
        assert not (Path(options["variables"]["RECORDS"]) / "sigterm").exists()

    run(test)


def test_a_time_out_is_the_reason_of_a_shutdown(options: dict[str, Any]) -> None:
    async def test() -> None:
        async with laboratory("app.misbehave", **options) as lab:
            await lab.invoke()
            object.__setattr__(lab.pool.settings, "timeout_s", 1)
            done = await lab.invoke("hang")
            assert done.json["errorType"] == "Sandbox.Timedout"
            assert read(options, "events")[-1]["shutdownReason"] == "timeout"

    run(test)


@pytest.mark.parametrize(
    ("mode", "error_type", "text"),
    [
        ("init error", "Extension.NoConfig", "reported an init error: Extension.NoConfig"),
        ("exits at once", "Extension.Crash", "extension watcher ended with status 7"),
        ("crashes", "Extension.Crash", "extension watcher ended with status 9"),
    ],
)
def test_an_extension_that_fails_fails_the_invocation(
    options: dict[str, Any], mode: str, error_type: str, text: str
) -> None:
    async def test() -> None:
        options["variables"]["MODE"] = mode
        # The function waits, so that the extension's end comes before its answer.
        async with laboratory("app.misbehave", **options) as lab:
            done = await lab.invoke("hang")
            assert done.json["errorType"] == error_type
            assert text in done.json["errorMessage"]

    run(test)
