"""Shell handlers: a real bash, called as the loop calls it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from surefoot.context import LambdaContext
from surefoot.errors import Fault
from surefoot.handlers.shell import ShellFunction, find
from tests.unit import fakes

DEADLINE = {"lambda-runtime-deadline-ms": "4102444800000"}


def context() -> LambdaContext:
    return LambdaContext(fakes.invocation(headers=DEADLINE), fakes.config(), json.loads, print)


def shell(tmp_path: Path, body: str, top: str = "") -> ShellFunction:
    """The function `handler` with this body, in a file with these lines at its top."""
    script = tmp_path / "function.sh"
    script.write_text(f"{top}\nhandler() {{\n{body}\n}}\n")
    return ShellFunction(str(script), "handler")


def end(function: ShellFunction) -> None:
    """Let bash end: it stops when nobody can ask any more."""
    if function._process is not None:
        function._reap()


def call(function: ShellFunction, event: bytes = b"{}") -> bytes:
    try:
        return function(event, context())
    finally:
        end(function)


def test_the_event_is_the_first_argument_and_the_output_the_answer(tmp_path: Path) -> None:
    event = '{"a": "é \\\\ $HOME `x`"}\n\n'.encode()
    assert call(shell(tmp_path, 'printf "%s|" "$1" "$#"'), event) == event + b"|1|"


def test_an_event_may_be_larger_than_any_argument(tmp_path: Path) -> None:
    assert call(shell(tmp_path, 'echo "${#1}"'), b"x" * 6_000_000) == b"6000000"


def test_the_invocation_is_in_the_environment(tmp_path: Path) -> None:
    function = shell(tmp_path, "printenv SUREFOOT_REQUEST_ID SUREFOOT_DEADLINE_MS")
    assert call(function) == f"{fakes.REQUEST_ID}\n4102444800000".encode()


def test_the_file_is_sourced_once_and_a_call_leaves_nothing_behind(tmp_path: Path) -> None:
    function = shell(tmp_path, "count=$((count + 1)); echo $count", "echo sourced; count=0")
    assert [function(b"", context()), call(function)] == [b"1", b"1"]


def test_what_goes_to_stderr_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(shell(tmp_path, "echo said >&2; echo out", "echo top")) == b"out"
    assert capsys.readouterr().err == "top\nsaid\n"


@pytest.mark.parametrize("body", ["return 3", "exit 3"])
def test_a_status_is_a_failure_with_the_tail_of_stderr(tmp_path: Path, body: str) -> None:
    with pytest.raises(Fault) as caught:
        call(shell(tmp_path, f"echo why >&2; {body}"))
    assert caught.value.kind == "Function.ShellError"
    assert "handler in function.sh exited with status 3" in caught.value.message
    assert caught.value.message.endswith("stderr:\nwhy")


def test_after_a_failure_the_next_call_is_an_ordinary_one(tmp_path: Path) -> None:
    function = shell(tmp_path, "[[ $1 == ok ]] && echo fine || exit 4")
    with pytest.raises(Fault, match="wrote nothing to stderr"):
        function(b"no", context())
    assert call(function, b"ok") == b"fine"


def test_errexit_and_nounset_hold_where_the_file_asked_for_them(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="status 1"):
        call(shell(tmp_path, "false; echo on", "set -e"))
    assert call(shell(tmp_path, "false; echo $undefined on")) == b"on"


def test_a_bash_that_died_is_started_anew(tmp_path: Path) -> None:
    function = shell(tmp_path, "[[ $1 == die ]] && kill -9 $$; echo alive")
    with pytest.raises(Fault, match=r"ended bash itself \(exit status 137\)"):
        function(b"die", context())
    assert call(function) == b"alive"


def test_a_bash_that_died_while_idle_costs_one_failure(tmp_path: Path) -> None:
    function = shell(tmp_path, "echo alive")
    process = function._process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(Fault, match="ended bash itself"):
        function(b"", context())
    assert call(function) == b"alive"


def test_a_nul_byte_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="NUL byte"):
        call(shell(tmp_path, "echo"), b"a\0b")


def test_a_function_that_is_not_there_is_an_init_error(tmp_path: Path) -> None:
    script = tmp_path / "function.sh"
    script.write_text("other() { :; }\n")
    with pytest.raises(Fault, match="Handler 'handler' missing on module 'function'") as caught:
        ShellFunction(str(script), "handler")
    assert caught.value.kind == "Runtime.HandlerNotFound"


def test_a_file_that_cannot_be_sourced_is_an_init_error(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"exit status 5; the end of its stderr:\nwhy") as caught:
        shell(tmp_path, ":", "echo why >&2; exit 5")
    assert caught.value.kind == "Runtime.ImportModuleError"


def test_calls_leave_no_descriptors_behind(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        call(shell(tmp_path, "echo"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_shell_file_stands_for_a_module_name(tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text("")
    assert find(str(tmp_path), "function") == str(tmp_path / "function.sh")
    assert find(str(tmp_path), "other") is None
