from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.rie_command import begin, read_until, rie

if TYPE_CHECKING:
    from tests.integration.rie.conftest import Start

MakeFifo = Callable[[str], Path]


@pytest.mark.parametrize("event", ["{}", '{"a": [1]}', "[1, 2]", '"text"', "12", "null"])
def test_inline_json_is_an_event_and_the_result_alone_is_on_stdout(
    start: Start, event: str
) -> None:
    done = rie("invoke", "--port", str(start("app.echo").port), "--event", event)
    assert done.returncode == 0
    assert done.stdout == event.encode()
    assert b"succeeded in" in done.stderr


def test_an_event_comes_from_a_file_or_from_stdin(start: Start, tmp_path: Path) -> None:
    port = str(start("app.echo").port)
    file = tmp_path / "event.json"
    file.write_text('{"from": "a file"}')
    assert rie("invoke", "--port", port, "--event", str(file)).stdout == b'{"from": "a file"}'
    done = rie("invoke", "--port", port, "--event", "-", stdin=b'{"from": "stdin"}')
    assert done.stdout == b'{"from": "stdin"}'


def test_without_an_event_an_empty_object_is_sent(start: Start) -> None:
    assert rie("invoke", "--url", start("app.echo").url).stdout == b"{}"


@pytest.mark.parametrize(
    ("handler", "code", "said"),
    [
        ("app.raises", 1, "function failed in"),
        ("app.exits", 1, "SystemExit"),
        ("app.never_ends", 3, "timed out in"),
        ("app.answers_too_much", 1, "Function.ResponseSizeTooLarge"),
        ("app.dies", 4, "Runtime.ExitError"),
        ("broken.handler", 4, "no database here"),
        ("no_such_module.handler", 4, "Runtime.ImportModuleError"),
        ("ends.handler", 4, "Runtime.ExitError"),
    ],
)
def test_the_exit_code_says_how_the_function_failed(
    start: Start, handler: str, code: int, said: str
) -> None:
    done = rie("invoke", "--port", str(start(handler, timeout_s=1).port))
    assert done.returncode == code
    assert said in done.stderr.decode()


ID = r"[0-9a-f]{8}-[0-9a-f-]{27}"


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (
            "app.never_ends",
            (
                '{"errorType":"Sandbox.Timedout","errorMessage":'
                f'"RequestId: {ID} Error: Task timed out after 1.00 seconds"}}'
            ),
        ),
        (
            "app.dies",
            (
                '{"errorType":"Runtime.ExitError","errorMessage":'
                f'"RequestId: {ID} Error: Runtime exited with error: exit status 3"}}'
            ),
        ),
        (
            "ends.handler",
            (
                '{"errorType":"Runtime.ExitError","errorMessage":'
                f'"RequestId: {ID} Error: Runtime exited without providing a reason"}}'
            ),
        ),
        (
            "app.answers_too_much",
            (
                r'{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload '
                r'size exceeded maximum allowed payload size \(6291556 bytes\)."}'
            ),
        ),
        (
            "broken.handler",
            r'{"errorMessage": ".*", "errorType": "RuntimeError", "requestId": "", .*',
        ),
        (
            "app.raises",
            rf'{{"errorMessage": ".*", "errorType": "ValueError", "requestId": "{ID}", .*',
        ),
    ],
)
def test_a_failures_payload_has_the_form_that_callers_of_lambda_get(
    start: Start, handler: str, expected: str
) -> None:
    done = rie("invoke", "--port", str(start(handler, timeout_s=1).port), "--json")
    assert json.loads(done.stdout)["function_error"] == "Unhandled"
    again = rie("invoke", "--port", str(start(handler, timeout_s=1).port))
    assert re.fullmatch(expected, again.stdout.decode()), again.stdout


@pytest.mark.parametrize("event", ["{", "", '{"a": 1} trailing', "\xff"])
def test_an_event_that_is_not_json_is_refused_before_it_is_sent(event: str) -> None:
    done = rie("invoke", "--url", "http://nowhere.invalid", "--event", "-", stdin=event.encode())
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"the event from stdin is not JSON" in done.stderr


def test_a_missing_event_file_is_named() -> None:
    done = rie("invoke", "--event", "no-such.json")
    assert done.returncode == 2
    assert b"cannot read the event no-such.json: No such file" in done.stderr


def test_an_event_over_the_limit_is_refused() -> None:
    done = rie("invoke", "--event", "-", stdin=b'"' + b"x" * 6 * 1024 * 1024 + b'"')
    assert done.returncode == 2
    assert b"Lambda takes at most 6,291,456" in done.stderr


def test_nothing_listening_has_an_exit_code_of_its_own(start: Start) -> None:
    emulator = start("app.echo")
    emulator.stop()
    done = rie("invoke", "--port", str(emulator.port))
    assert done.returncode == 5
    assert done.stdout == b""
    assert b"make run" in done.stderr


def test_giving_up_has_an_exit_code_of_its_own_and_says_what_to_do(start: Start) -> None:
    done = rie("invoke", "--port", str(start("app.never_ends").port), "--wait", "0.2")
    assert done.returncode == 5
    assert b"start the emulator again" in done.stderr


def test_json_tells_a_program_everything(start: Start) -> None:
    done = rie("invoke", "--port", str(start("app.raises").port), "--json")
    record = json.loads(done.stdout)
    assert done.returncode == record["exit_code"] == 1
    assert (record["version"], record["outcome"]) == (1, "function_failed")
    assert (record["encoding"], record["result"]["errorType"]) == ("json", "ValueError")
    assert record["result"]["requestId"] == record["request_id"]


def test_bytes_pass_unchanged_and_as_base64_in_json(start: Start) -> None:
    port = str(start("app.binary").port)
    assert rie("invoke", "--port", port).stdout == b"\x00\xff"
    record = json.loads(rie("invoke", "--port", port, "--json").stdout)
    assert (record["encoding"], record["result"]) == ("base64", "AP8=")


def test_a_deployed_function_without_credentials_is_no_answer(tmp_path: Path) -> None:
    without_credentials = {
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "eu-west-1",
    }
    done = rie("invoke", "--deployed", "surefoot-echo", environ=without_credentials)
    assert done.returncode == 5
    assert done.stdout == b""
    assert b"no usable AWS credentials" in done.stderr


def test_a_function_is_either_here_or_deployed() -> None:
    done = rie("invoke", "--deployed", "surefoot-echo", "--port", "8080")
    assert done.returncode == 2
    assert b"not allowed with argument" in done.stderr


def test_a_second_invocation_says_that_it_waits_and_then_runs(start: Start, fifo: MakeFifo) -> None:
    port = str(start("app.waits").port)
    running, go_on = fifo("running"), fifo("go on")
    event = json.dumps({"running": str(running), "go_on": str(go_on)})
    with begin("invoke", "--port", port, "--event", event) as first:
        running.read_text()
        with begin("invoke", "--port", port) as second:
            read_until(second.stderr, "waiting: another invocation is running")
            go_on.write_text("went on")
            assert first.communicate()[0] == '"went on"'
            assert second.communicate()[0] == '"did not wait"'
    assert (first.returncode, second.returncode) == (0, 0)
