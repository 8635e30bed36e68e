"""Shell functions, end to end: what is posted is the answer to its own event, or its failure."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.integration.features.conftest import Running, Start
from tests.support.invocation import Invocation
from tests.support.route import Route

COMMAND = "false-deploy --output /tmp/cdk.out"
ECHO = """
handler() {
  case $1 in
  '"hang"') sleep 1000 ;;
  '"fail"') false-deploy --output /tmp/cdk.out ;;
  esac
  echo "$1"
}
"""


def begin(
    start: Start, task: Path, script: str, environ: dict[str, str | None] | None = None
) -> Running:
    (task / "function.sh").write_text(script, encoding="utf-8")
    return start("", handler="function.handler", environ=environ)


def test_a_deadline_in_the_middle_of_a_call_moves_no_answer(start: Start, tmp_path: Path) -> None:
    function = begin(start, tmp_path, ECHO, {"SUREFOOT_DEADLINE_RAISE": "1"})
    for number in range(2):
        soon = str(int(time.time() * 1000) + 300)
        late = function.call(Invocation(b'"hang"', headers={"Lambda-Runtime-Deadline-Ms": soon}))
        assert (late.route, json.loads(late.body)["errorType"]) == (Route.ERROR, "DeadlineExceeded")
        for event in (b"[%d, 1]" % number, b"[%d, 2]" % number):
            answer = function.call(Invocation(event))
            assert (answer.route, answer.body) == (Route.RESPONSE, event)


def test_a_command_that_fails_is_posted_as_an_error_that_names_it(
    start: Start, tmp_path: Path
) -> None:
    function = begin(start, tmp_path, ECHO)
    failed = function.call(Invocation(b'"fail"'))
    assert failed.route is Route.ERROR
    report = json.loads(failed.body)
    assert report["errorType"] == "Function.ShellError"
    expected = f"status 127: `{COMMAND}` failed in handler, function.sh line 5"
    assert expected in report["errorMessage"]
    assert report["stackTrace"] == [
        f'  File "{tmp_path}/function.sh", line 5, in handler\n    {COMMAND}\n'
    ]
    assert function.call(Invocation(b"[1]")).body == b"[1]"


def test_a_failure_at_the_top_of_the_file_is_posted_as_an_init_error(
    start: Start, tmp_path: Path
) -> None:
    function = begin(start, tmp_path, f"source /nonexistent/settings\n{ECHO}")
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    message = json.loads(report.body)["errorMessage"]
    assert "`source /nonexistent/settings` failed, function.sh line 1" in message
    assert function.process.finish().code == 1


def test_the_file_is_looked_for_in_the_working_directory_first(
    start: Start, tmp_path: Path
) -> None:
    other = tmp_path / "task"
    other.mkdir()
    (other / "function.sh").write_text("handler() { echo task root; }\n")
    (other / "only.sh").write_text("handler() { echo only there; }\n")
    environ: dict[str, str | None] = {"LAMBDA_TASK_ROOT": str(other)}
    function = begin(start, tmp_path, "handler() { echo working directory; }\n", environ)
    assert function.call(Invocation()).body == b"working directory"
    second = start("", handler="only.handler", environ=environ)
    assert second.call(Invocation()).body == b"only there"


def test_a_file_that_is_nowhere_is_named_with_the_places(start: Start, tmp_path: Path) -> None:
    environ: dict[str, str | None] = {"LAMBDA_TASK_ROOT": str(tmp_path / "task")}
    function = start("", handler="function.handler", environ=environ)
    function.api.wait_for(1, Route.INIT_ERROR)
    log = function.process.finish().stderr.decode()
    assert f"for function.sh in {tmp_path} and {tmp_path}/task" in log
