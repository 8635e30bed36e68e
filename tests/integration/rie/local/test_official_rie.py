from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.local.client import MAX_EVENT_BYTES, NoAnswerError
from rie.paths import ROOT

if TYPE_CHECKING:
    from tests.integration.rie.conftest import Start

MakeFifo = Callable[[str], Path]


def test_a_function_sees_lambdas_environment_and_not_ours(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    emulator = start("app.environment", memory_mb=1769, variables={"APP_ENV": "test"})
    result = json.loads(emulator.invoke(b"{}").body)
    task_root = str(Path(__file__).parent.parent / "tasks")
    assert result["cwd"] == task_root
    expected = {
        "APP_ENV": "test",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "AWS_LAMBDA_FUNCTION_NAME": "tasks",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/tasks",
        "AWS_REGION": "eu-west-1",
        "HOME": "/tmp",
        "LAMBDA_RUNTIME_DIR": str(ROOT / "runtime"),
        "LAMBDA_TASK_ROOT": task_root,
        "TZ": "UTC",
        "_HANDLER": "app.environment",
    }
    assert expected.items() <= result["variables"].items()
    assert result["variables"].get("AWS_SECRET_ACCESS_KEY", "") == ""
    assert not {"ENV", "USER", "VIRTUAL_ENV"} & result["variables"].keys()


def test_what_a_function_prints_is_in_the_log(start: Start, log: Path) -> None:
    emulator = start("app.echo")
    emulator.invoke(b"{}")
    emulator.stop()
    assert "a line of the log\n" in log.read_text()


def test_two_emulators_run_side_by_side(start: Start) -> None:
    one, other = start("app.echo"), start("app.echo")
    assert one.invoke(b"1").body == b"1"
    assert other.invoke(b"2").body == b"2"


def test_a_taken_port_is_refused_and_its_owner_untouched(start: Start) -> None:
    owner = start("app.echo")
    with pytest.raises(UserError, match=f"port {owner.port} is taken"):
        start("app.echo", port=owner.port)
    assert owner.invoke(b"1").body == b"1"


def test_two_callers_at_once_take_turns(start: Start) -> None:
    emulator = start("app.echo")
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(emulator.invoke(b"1").body)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [b"1"] * 4


def test_after_a_caller_gave_up_the_emulator_refuses_until_it_is_started_again(
    start: Start, fifo: MakeFifo
) -> None:
    emulator = start("app.waits")
    # No process writes to this pipe, so the handler is certainly still running.
    event = json.dumps({"running": os.devnull, "go_on": str(fifo("go on"))}).encode()
    with pytest.raises(NoAnswerError, match="still runs there"):
        emulator.invoke(event, wait_s=0.2)
    with pytest.raises(NoAnswerError, match="gave up"):
        emulator.invoke(b"{}")
    emulator.stop()
    emulator.start()
    assert emulator.invoke(b"{}").body == b'"did not wait"'


def test_a_refused_event_harms_no_emulator(start: Start) -> None:
    emulator = start("app.echo")
    with pytest.raises(UserError, match="at most"):
        emulator.invoke(b" " * (MAX_EVENT_BYTES + 1))
    assert emulator.invoke(b"1").body == b"1"


def test_elsewhere_than_on_linux_it_is_refused_with_a_remedy(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(UserError, match=r"Darwin[\s\S]*make run"):
        start("app.echo")


def test_stopping_ends_a_function_that_still_runs(start: Start, fifo: MakeFifo) -> None:
    emulator = start("app.never_ends")
    pid_to = fifo("pid")
    event = json.dumps({"pid_to": str(pid_to)}).encode()

    def call() -> None:
        with suppress(NoAnswerError):
            emulator.invoke(event)

    caller = threading.Thread(target=call)
    caller.start()
    pid = int(pid_to.read_text())
    emulator.stop()
    caller.join()
    assert not Path(f"/proc/{pid}").exists()


def test_the_interpreter_is_the_one_that_runs_the_bench(start: Start) -> None:
    result = json.loads(start("app.environment").invoke(b"{}").body)
    assert result["variables"]["SUREFOOT_PYTHON"] == sys.executable
