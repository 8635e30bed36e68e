from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import boto3
import pytest
import requests

from rie.local.client import NoAnswerError, invoke
from tests.support.popen import Popen
from tests.support.rie_command import begin, read_until, rie

TASKS = str(Path(__file__).parent.parent / "tasks")


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run(handler: str, *words: str, folder: str = TASKS) -> tuple[Popen[str], str]:
    """A function that has said it is ready, and its address."""
    port = free_port()
    process = begin("run", folder, "--process", "--handler", handler, "--port", port, *words)
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


@pytest.mark.parametrize("words", [[], ["--official"]])
def test_options_reach_the_function(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "variables"
    file.write_text("# of the test\nFROM_FILE=1\nA=of the file\n")
    options = ["--memory", "300", "--timeout", "7", "--env", "A=b c", "--env-file", str(file)]
    process, url = run("app.environment", *options, *words)
    with process:
        body = invoke(url, b"{}").body.decode()
        process.terminate()
        process.communicate()
    assert '"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "300"' in body
    assert ('"AWS_LAMBDA_FUNCTION_TIMEOUT": "7"' in body) is bool(words)  # Lambda has no such
    assert '"FROM_FILE": "1"' in body
    assert '"A": "b c"' in body


def test_an_official_emulator_that_died_is_started_again() -> None:
    process, url = run("app.echo", "--official")
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
    with begin("run", "echo", "--official", "--port", free_port()) as process:
        said = read_until(process.stderr, "Ctrl-C ends it")
        process.terminate()
        process.communicate()
    assert "note: no container engine answers" in said
    assert "make engine" in said
    assert "Process mode" in said


def test_several_functions_run_under_their_names(tmp_path: Path) -> None:
    port = free_port()
    with begin("run", "echo,shell", "--process", "--port", port) as process:
        said = read_until(process.stderr, "Ctrl-C ends it")
        client = boto3.client(
            "lambda",
            endpoint_url=f"http://localhost:{port}",
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )
        names = [each["FunctionName"] for each in client.list_functions()["Functions"]]
        answer = client.invoke(FunctionName="echo", Payload=b'{"n": 1}')
        assert json.loads(answer["Payload"].read())["event"] == {"n": 1}
        process.terminate()
        process.communicate()
    assert process.returncode == 0
    assert names == ["echo", "shell"]
    for name in names:
        assert f"http://localhost:{port}/2015-03-31/functions/{name}/invocations" in said


def test_two_invocations_at_once_and_a_caller_that_hung_up_do_no_harm(tmp_path: Path) -> None:
    running, go_on = tmp_path / "running", tmp_path / "go on"
    os.mkfifo(running)
    os.mkfifo(go_on)
    process, url = run("app.waits")
    with process:
        event = json.dumps({"running": str(running), "go_on": str(go_on)})
        path = f"{url}/2015-03-31/functions/function/invocations"
        with Popen(["curl", "-sS", "-XPOST", path, "-d", event]) as caller:
            assert running.read_text() == "yes"
            assert invoke(url, b"{}").body == b'"did not wait"'
            caller.kill()
        go_on.write_text("now")
        assert invoke(url, b"{}").body == b'"did not wait"'
        for _ in range(3):  # the one whose caller is gone ends when it likes
            read_until(process.stderr, "REPORT RequestId: ")
        process.terminate()
        _, rest = process.communicate()
    assert rest == "Stopped.\n"


def test_ctrl_c_ends_an_invocation_that_hangs_and_the_consoles_stream(tmp_path: Path) -> None:
    pid_to = tmp_path / "pid"
    os.mkfifo(pid_to)
    process, url = run("app.never_ends")
    path = f"{url}/2015-03-31/functions/function/invocations"
    with (
        process,
        requests.get(f"{url}/console/stream", stream=True, timeout=60) as stream,
        subprocess.Popen(
            ["curl", "-sS", "-XPOST", path, "-d", json.dumps({"pid_to": str(pid_to)})],
            stdout=subprocess.PIPE,
        ) as caller,
    ):
        runtime = int(pid_to.read_text())
        process.send_signal(signal.SIGINT)
        answer, _ = caller.communicate()
        assert b"event: invocation" in stream.content
        process.communicate()
    assert process.returncode == 0
    assert b"the emulator ends" in answer
    assert not Path(f"/proc/{runtime}").exists()


def test_a_port_that_is_taken_is_one_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = rie("run", "echo", "--process", "--port", port)
    assert done.returncode == 1
    assert f"error: port {port} is taken by another program" in done.stderr.decode()


def test_a_fast_clock_fires_the_schedules_of_the_template(tmp_path: Path) -> None:
    import cfnlint  # noqa: F401  (the command reads templates with it; not every Python has it)

    (tmp_path / "app.py").write_text("def handler(event, context):\n    print(event['n'])\n")
    (tmp_path / "template.yaml").write_text("""
Resources:
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(30 2 * * ? *)
      ScheduleExpressionTimezone: Europe/Prague
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: any, RoleArn: any, Input: '{"n": "<aws.scheduler.scheduled-time>"}'}
""")
    words = ["--clock", "86400", "--clock-begin", "2026-10-24T00:00Z"]
    words += ["--process", "--handler", "app.handler", "--port", free_port()]
    with begin("run", str(tmp_path), *words) as process:
        said = read_until(process.stderr, "2026-10-25T00:30:00Z\n")  # it is printed once
        process.terminate()
        process.communicate()
    assert "Nightly fires: it is 2026-10-24T00:30:00+00:00" in said


def test_watch_starts_the_function_again_when_a_file_changes(tmp_path: Path) -> None:
    code = tmp_path / "app.py"
    code.write_text("def handler(event, context):\n    return 1\n")
    process, url = run("app.handler", "--watch", folder=str(tmp_path))
    with process:
        assert invoke(url, b"{}").body == b"1"
        code.write_text("def handler(event, context):\n    return 'two'\n")
        read_until(process.stderr, "app.py changed: ")
        assert invoke(url, b"{}").body == b'"two"'
        process.terminate()
        process.communicate()


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


def test_a_folder_takes_the_place_of_opt(tmp_path: Path) -> None:
    task, layer = tmp_path / "task", tmp_path / "opt" / "python"
    task.mkdir()
    layer.mkdir(parents=True)
    (layer / "from_a_layer.py").write_text("NAME = 'layer'\n")
    (task / "app.py").write_text(
        "import from_a_layer\ndef handler(event, context): return from_a_layer.NAME\n"
    )
    process, url = run("app.handler", "--opt", str(tmp_path / "opt"), folder=str(task))
    with process:
        body = invoke(url, b"{}").body
        process.terminate()
        process.communicate()
    assert body == b'"layer"'


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--opt", "/no/such/folder"], "--opt /no/such/folder is not a folder"),
        (["--opt", "/tmp", "--official"], "--opt needs the emulator"),
    ],
)
def test_a_folder_that_cannot_be_opt_is_one_error(words: list[str], reason: str) -> None:
    done = rie("run", "echo", *words)
    assert done.returncode == 1
    assert f"error: {reason}" in done.stderr.decode()
