from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from rie.local.client import NoAnswerError, invoke
from tests.support.rie_command import begin, read_until, rie

TASKS = str(Path(__file__).parent.parent / "tasks")


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(handler: str, *words: str) -> tuple[subprocess.Popen[str], str]:
    """A function that has said it is ready, and its address."""
    port = free_port()
    process = begin("run", TASKS, "--process", "--handler", handler, "--port", port, *words)
    said = read_until(process.stderr, "Ctrl-C ends it")
    assert f"curl -XPOST http://localhost:{port}/2015-03-31/functions/function/invocations" in said
    return process, f"http://localhost:{port}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    process, url = run("app.echo")
    with process:
        assert invoke(url, b"1").body == b"1"
        process.send_signal(number)
        _, rest = process.communicate()
    assert process.returncode == 0
    assert rest.endswith("Stopped.\n")
    with pytest.raises(NoAnswerError, match="nothing listens"):
        invoke(url, b"1")


def test_options_reach_the_function() -> None:
    process, url = run("app.environment", "--memory", "300", "--timeout", "7", "--env", "A=b c")
    with process:
        body = invoke(url, b"{}").body.decode()
        process.terminate()
        process.communicate()
    assert '"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "300"' in body
    assert '"AWS_LAMBDA_FUNCTION_TIMEOUT": "7"' in body
    assert '"A": "b c"' in body


def test_an_emulator_that_died_is_started_again() -> None:
    process, url = run("app.echo")
    with process:
        [emulator] = children_of(process.pid)
        os.kill(emulator, signal.SIGKILL)
        assert "status -9" in read_until(process.stderr, "Ctrl-C ends it")
        assert invoke(url, b"1").body == b"1"
        process.terminate()
        process.communicate()


def children_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in children.split()]


def test_a_function_that_does_not_exist_is_one_error() -> None:
    done = rie("run", "ecko", "--process")
    assert done.returncode == 1
    assert re.match(rb"error: no function 'ecko'.*\n  remedy: .*\n$", done.stderr)


def test_without_an_engine_it_says_so_and_uses_process_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # port 1 has no listener
    with begin("run", "echo", "--port", free_port()) as process:
        said = read_until(process.stderr, "Ctrl-C ends it")
        process.terminate()
        process.communicate()
    assert "note: no container engine answers" in said
    assert "make engine" in said
    assert "Process mode" in said


def test_the_first_commands_of_a_readme_need_no_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    port = free_port()
    process = begin("run", "scheduled_scaling", "--moto", "--port", port)
    with process:
        read_until(process.stderr, "Ctrl-C ends it")
        event = b'{"scenario": "nightly-batch", "step": "scale-out", "dry_run": true}'
        body = invoke(f"http://localhost:{port}", event).body.decode()
        process.terminate()
        process.communicate()
    assert '"status": "plan"' in body
    assert "rds:FailoverDBCluster" in body
