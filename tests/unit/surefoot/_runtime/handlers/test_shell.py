"""Shell handlers: a real bash, called as the loop calls it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from surefoot._runtime.handlers.shell import ShellFunction, find
from surefoot.errors import Fault
from tests.unit import fakes
from tests.unit.shells import call, context, shell


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


def test_a_status_is_a_failure_with_the_tail_of_stderr(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        call(shell(tmp_path, "echo why >&2; exit 3"))
    assert caught.value.kind == "Function.ShellError"
    assert caught.value.message == (
        "handler in function.sh exited with status 3: `exit 3` failed in handler, "
        "function.sh line 3; the end of its stderr:\nwhy"
    )


def test_after_a_failure_the_next_call_is_an_ordinary_one(tmp_path: Path) -> None:
    function = shell(tmp_path, "[[ $1 == ok ]] && echo fine || exit 4")
    with pytest.raises(Fault, match="wrote nothing to stderr"):
        function(b"no", context())
    assert call(function, b"ok") == b"fine"


def test_a_bash_that_died_is_started_again(tmp_path: Path) -> None:
    function = shell(tmp_path, "[[ $1 == die ]] && kill -9 $$; echo alive")
    with pytest.raises(Fault, match=r"ended bash itself \(exit status 137\)"):
        function(b"die", context())
    assert call(function, b"ok") == b"alive"


def test_a_bash_that_died_while_idle_costs_nothing_but_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    function = shell(tmp_path, "echo alive")
    assert function._bash is not None
    process = function._bash.process
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert call(function) == b"alive"
    assert "ended between invocations (exit status 137)" in capfd.readouterr().err


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
    with pytest.raises(Fault, match=r"exit status 5.*stderr:\nwhy") as caught:
        shell(tmp_path, ":", "echo why >&2; exit 5")
    assert caught.value.kind == "Runtime.ImportModuleError"


def test_calls_leave_no_descriptors_behind(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        call(shell(tmp_path, "echo"))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_shell_file_stands_for_a_module_name(tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text("")
    assert find("function", str(tmp_path)) == str(tmp_path / "function.sh")
    assert find("other", str(tmp_path)) is None


def test_the_first_directory_that_has_the_file_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for each in (first, second):
        each.mkdir()
    (second / "function.sh").write_text("")
    assert find("function", str(first), str(second)) == str(second / "function.sh")
    (first / "function.sh").write_text("")
    assert find("function", str(first), str(second)) == str(first / "function.sh")


def test_an_answer_is_kept_byte_for_byte_but_its_last_line_ends(tmp_path: Path) -> None:
    function = shell(tmp_path, r"printf 'a\0b\377\n\n'")
    assert call(function) == b"a\0b\xff"


def test_a_large_answer_arrives_whole(tmp_path: Path) -> None:
    function = shell(tmp_path, "head -c 5000000 /dev/zero | tr '\\0' x")
    assert call(function) == b"x" * 5_000_000


def test_an_answer_waits_for_what_still_writes_it(tmp_path: Path) -> None:
    # As a command substitution does; a process substitution ends after the function.
    function = shell(tmp_path, 'echo first > >(read -r line; sleep 0.1; echo "$line and last")')
    assert call(function) == b"first and last"


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert call(shell(tmp_path, 'read -r line || echo "none: $line"')) == b"none: "


def test_the_order_of_the_log_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = "for i in {1..50}; do echo $i >&2; sh -c 'echo \"$0\" >/dev/stderr' $i; done"
    call(shell(tmp_path, body))
    lines = capsys.readouterr().err.split()
    assert lines == [str(number) for number in range(1, 51) for _ in range(2)]


def test_a_character_that_is_cut_in_the_log_pipe_stays_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(shell(tmp_path, r"printf '\303' >&2; sleep 0.1; printf '\251\n' >&2"))
    assert capsys.readouterr().err == "\u00e9\n"


def test_tracing_goes_to_the_log_and_shows_the_function_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(shell(tmp_path, "echo out", "set -x"), b"event") == b"out"
    assert capsys.readouterr().err.splitlines() == ["+ handler event", "+ echo out"]


def test_the_file_may_use_any_descriptor(tmp_path: Path) -> None:
    top = 'for fd in {3..60}; do eval "exec $fd>/dev/null"; done'
    function = shell(tmp_path, "exec 3>&1; echo out >&3; flock -n 9 || exit 9", top)
    assert call(function) == b"out"


def test_settings_of_the_file_do_not_reach_what_calls_it(tmp_path: Path) -> None:
    top = (
        "IFS=,; set -aCfo posix; shopt -s nullglob nocasematch; alias printf=false\n"
        "printf() { false; }; read() { false; }; LC_ALL=C; umask 777\n"
        "trap 'echo debug >/dev/null' DEBUG; trap 'echo return >/dev/null' RETURN"
    )
    event = '{"a": [1, *, \u00e9]}'.encode()
    function = shell(tmp_path, 'echo "$1"', top)
    assert [function(event, context()), call(function, event)] == [event, event]


def test_a_background_job_at_the_top_holds_nothing_up(tmp_path: Path) -> None:
    function = shell(tmp_path, "kill -0 $job && echo runs", "sleep 1000 & job=$!")
    assert function._bash is not None
    pid = function._bash.process.pid
    assert call(function) == b"runs"
    assert not Path(f"/proc/{pid}").exists()


def test_it_works_where_the_exit_of_children_is_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        function = shell(tmp_path, "[[ $1 == die ]] && kill -9 $$; echo alive")
        assert function(b"ok", context()) == b"alive"
        with pytest.raises(Fault, match="ended bash itself"):
            function(b"die", context())
        assert call(function, b"ok") == b"alive"
    finally:
        signal.signal(signal.SIGCHLD, before)
