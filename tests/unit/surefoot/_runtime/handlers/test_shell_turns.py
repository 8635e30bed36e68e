"""A turn's reports and what a failure says of them, without a bash."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import IO, cast

import pytest

from surefoot._runtime.handlers import shell_process
from surefoot._runtime.handlers.shell_errors import SOURCED, Failure, find_cause, make_fault
from surefoot._runtime.handlers.shell_process import Bash, EventNotWritten, Turn
from surefoot.errors import Fault

MOST = shell_process._MAX_FAILURES


def turn(*lines: str, answered: bool = False) -> Turn:
    """Turn 3 after these reports."""
    turn = Turn(3)
    for line in lines:
        turn.note(line.encode())
    turn.answered = answered
    return turn


@pytest.mark.parametrize(
    ("lines", "answered", "word", "is_over"),
    [
        ([], False, "", False),
        (["ready"], False, "ready", True),
        (["begin\t3"], False, "", False),
        (["begin\t3"], True, "", False),
        (["begin\t3", "end\t3\t0"], False, "end", False),
        (["begin\t3", "end\t3\t0"], True, "end", True),
        # What a failed one leaves running may still have the answer open.
        (["begin\t3", "end\t3\t4"], False, "end", True),
        (["unread\t3"], False, "unread", True),
        # Reports of other turns.
        (["end\t2\t0"], False, "", False),
        (["unread\t4", "begin\t2"], False, "", False),
    ],
)
def test_a_turn_is_over_with_its_report_and_the_end_of_its_answer(
    lines: list[str], answered: bool, word: str, is_over: bool
) -> None:
    seen = turn(*lines, answered=answered)
    assert (seen.word, seen.is_over) == (word, is_over)
    assert seen.begun == ("begin\t3" in lines)


def test_a_turn_keeps_its_status_and_its_last_failures() -> None:
    reports = [f"failed\t3\t{number}" for number in range(MOST + 2)]
    seen = turn(*reports, "failed\t2\tother", "end\t3\t7")
    assert seen.status == 7
    assert seen.failures == [[str(number)] for number in range(2, MOST + 2)]
    assert len(seen.failures) == MOST == 16


def report(
    command: str,
    status: int = 1,
    how: str = "ERR",
    level: int = 0,
    pipe: str = "",
    frames: tuple[str, ...] = (),
) -> list[str]:
    """The fields of a report of the traps."""
    return [how, str(level), str(status), pipe or str(status), command, *frames]


def test_a_report_is_taken_apart() -> None:
    frames = ("a.sh", "7", "inner", "b.sh", "9", "outer")
    failure = Failure(report("false", 3, level=2, pipe="0 3", frames=frames))
    assert (failure.command, failure.status, failure.level) == ("false", 3, 2)
    assert (failure.statuses, failure.by_exit) == (["0", "3"], False)
    assert failure.frames == [("a.sh", "7", "inner"), ("b.sh", "9", "outer")]
    # One that was cut off.
    assert Failure(report("false", frames=(*frames, "c.sh"))).frames == failure.frames
    assert Failure(report("_sf_file x", how="EXIT")).command == ""
    assert Failure(report("x", how="EXIT")).by_exit


@pytest.mark.parametrize(
    ("inner", "outer", "causes"),
    [
        # In a subshell of the outer command.
        (report("false", level=1), report("x=$(false)"), True),
        (report("false", level=1), report("x=`false`"), True),
        (report("false", level=1), report("a | b", pipe="1 0"), True),
        (report("false", level=1), report("plain"), False),
        (report("false", level=0), report("x=$(false)"), False),
        (report("false", level=1), report("x=$(false)", level=1), False),
        (report("false", 2, level=1), report("x=$(false)", 1), False),
        # Before the shell's own end.
        (report("false", 2), report("false", 1, how="EXIT"), True),
        (report("false", 2), report("", 1, how="EXIT"), True),
        (report("false", 2), report("exit 1", 1, how="EXIT"), False),
    ],
)
def test_a_failure_causes_what_encloses_it(
    inner: list[str], outer: list[str], causes: bool
) -> None:
    assert Failure(inner).causes(Failure(outer)) == causes


@pytest.mark.parametrize(
    ("reports", "status", "command"),
    [
        ([], 1, None),
        ([report("false")], 1, "false"),
        ([report("false")], 2, None),
        ([report("exit 1", how="EXIT")], 2, "exit 1"),
        ([report("old", 5), report("false")], 1, "false"),
        ([report("inner", level=1), report("x=$(inner)")], 1, "inner"),
        ([report("deep", level=2), report("y=$(deep)", level=1), report("x=$(y)")], 1, "deep"),
        ([report("inner", level=1), report("other"), report("x=$(y)")], 1, "x=$(y)"),
    ],
)
def test_the_cause_of_a_status_is_the_innermost_failure_of_one_chain(
    reports: list[list[str]], status: int, command: str | None
) -> None:
    cause = find_cause(reports, status)
    assert (cause and cause.command) == command


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "app.sh"
    path.write_text(
        "handler() {\n  # exit  3\n  false |  true\n  exit 3\n}\nother() {\n  grep   x\n  exit 4\n"
        "  exit 4\n  exit 4\n  exit 4\n}\n"
    )
    return path


def fault(
    script: Path, fields: list[str] | None, tail: bytes = b"", called: str = "handler"
) -> Fault:
    cause = None if fields is None else Failure(fields)
    return make_fault("Kind", "it failed", (str(script), called), cause, tail)


def test_a_failure_names_command_function_file_and_line(script: Path) -> None:
    frames = (str(script), "7", "other", str(script), "2", "handler")
    seen = fault(script, report("grep x", frames=frames), b" no\xff such \n")
    assert str(seen) == (
        "it failed: `grep x` failed in other, app.sh line 7; the end of its stderr:\nno� such"
    )
    assert seen.stack == [
        f'  File "{script}", line 2, in handler\n',
        f'  File "{script}", line 7, in other\n    grep x\n',
    ]


def test_without_a_cause_there_is_only_what_failed(script: Path) -> None:
    for fields in (None, report("", frames=(str(script), "1", "handler"))):
        seen = fault(script, fields)
        assert str(seen) == "it failed; it wrote nothing to stderr."
        assert seen.stack is None


def test_the_line_of_a_pipeline_is_shown_whole_with_its_statuses(script: Path) -> None:
    frames = (str(script), "3", "handler")
    seen = fault(script, report("true", pipe="1 0", frames=frames))
    assert "`false | true` failed in handler, app.sh line 3 " in str(seen)
    assert "(the exit statuses of the pipeline are 1 0);" in str(seen)


@pytest.mark.parametrize("line", [12, 13, 99])
def test_a_line_that_the_file_does_not_have_leaves_the_command_as_it_is(
    script: Path, line: int
) -> None:
    frames = (str(script), str(line), "handler")
    seen = fault(script, report("true", pipe="1 0", frames=frames))
    shown = "`}` failed" if line == 12 else "`true` failed"
    assert shown in str(seen)


def test_an_exit_is_looked_for_by_its_words_and_comments_do_not_count(script: Path) -> None:
    frames = (str(script), "", "handler")
    seen = fault(script, report("exit  3", 3, how="EXIT", frames=frames))
    assert "`exit  3` failed in handler, app.sh line 4;" in str(seen)
    assert seen.stack == [f'  File "{script}", line 4, in handler\n    exit  3\n']


def test_more_places_than_three_are_none(script: Path) -> None:
    frames = (str(script), "", "other")
    seen = fault(script, report("exit 4", 4, how="EXIT", frames=frames))
    assert "`exit 4` failed in other, app.sh;" in str(seen)
    assert seen.stack is None
    script.write_text("exit 4\nexit 4\n\nexit 4\n")
    seen = fault(script, report("exit 4", 4, how="EXIT", frames=frames))
    assert "app.sh line 1 or 2 or 4;" in str(seen)
    assert seen.stack is None


def test_an_unset_variable_is_where_bash_says_it_was(script: Path) -> None:
    tail = (
        f"{script}: line 1: OLD: unbound variable\n{script}: line 2: OLD: unbound variable\n"
        f"{script}: line 7: NAME: unbound variable\nbye"
    ).encode()
    frames = ("environment", "", "handler")
    seen = fault(script, report("echo $NAME", how="EXIT", frames=frames), tail)
    assert "`echo $NAME` failed in handler, app.sh line 7;" in str(seen)
    assert seen.stack == [f'  File "{script}", line 7, in handler\n    echo $NAME\n']


def test_a_file_that_is_sourced_has_no_function_and_may_be_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone.sh"
    seen = fault(gone, report("false", frames=()), called=SOURCED)
    assert str(seen) == "it failed: `false` failed, gone.sh; it wrote nothing to stderr."
    assert seen.stack is None


class Pipes:
    """A Bash without a process, and the other ends of its pipes."""

    def __init__(self) -> None:
        bash = object.__new__(Bash)
        bash._event = tempfile.TemporaryFile(buffering=0)
        with contextlib.ExitStack() as opened:
            bash._log, self.log = shell_process._pipe(opened)
            bash._reports, self.reports = shell_process._pipe(opened)
            bash._answer, self.answer = shell_process._pipe(opened)
            self.requests, bash._requests = shell_process._pipe(opened)
            self.life, bash._life = shell_process._pipe(opened)
            self.opened = opened.pop_all()
        for each in (bash._log, bash._reports, bash._answer):
            os.set_blocking(each.fileno(), False)
        bash._buffer = memoryview(bytearray(shell_process._READ_BYTES))
        bash._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        bash._turns = 0
        self.bash = bash

    def close(self) -> None:
        self.opened.close()
        self.bash._event.close()


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    pipes = Pipes()
    yield pipes
    pipes.close()


def test_a_turn_is_followed_to_its_report_with_answer_and_log(
    pipes: Pipes, capsys: pytest.CaptureFixture[str]
) -> None:
    pipes.log.write("printed é\n".encode())
    pipes.answer.write(b"the answer")
    pipes.answer.close()
    pipes.reports.write(b"begin\t1\nend\t1\t0\n")
    turn = pipes.bash._follow(Turn(1))
    assert (turn.is_over, turn.pieces, turn.tail) == (True, [b"the answer"], b"printed \xc3\xa9\n")
    assert capsys.readouterr().err == "printed é\n"


def test_a_turn_ends_with_its_bash_and_what_was_printed_is_passed_on(
    pipes: Pipes, capsys: pytest.CaptureFixture[str]
) -> None:
    pipes.reports.write(b"begin\t1\nfail")
    pipes.reports.close()
    pipes.log.write(b"last \xc3")
    turn = pipes.bash._follow(Turn(1))
    assert (turn.is_over, turn.begun, turn.failures) == (False, True, [])
    # A character that was cut off.
    assert capsys.readouterr().err == "last \ufffd"


def test_an_answer_is_not_looked_for_before_the_turn_has_begun(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[Turn] = []
    monkeypatch.setattr(pipes.bash, "_collect", collected.append)
    pipes.answer.close()
    pipes.reports.write(b"failed\t1\tx\n")
    pipes.reports.close()
    assert not pipes.bash._follow(Turn(1)).begun
    assert collected == []


def test_a_bash_that_is_gone_is_seen_even_if_its_reports_stay_open(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(shell_process, "_TICK_MS", 0)
    monkeypatch.setattr(pipes.bash, "is_alive", lambda: len(asked.append("?") or asked) < 3)  # type: ignore[func-returns-value]
    assert not pipes.bash._follow(Turn(1)).is_over
    assert len(asked) == 3


def test_a_log_that_was_closed_is_asked_no_more(pipes: Pipes) -> None:
    pipes.log.close()
    pipes.answer.close()
    pipes.reports.write(b"begin\t1\nend\t1\t0\n")
    assert pipes.bash._follow(Turn(1)).is_over


def test_the_end_of_the_log_is_kept_for_the_report(pipes: Pipes) -> None:
    turn = Turn(1)
    for text in (b"a" * 3000, b"b" * 2000, b"c"):
        pipes.log.write(text)
        assert pipes.bash._pass_on(turn)
    assert turn.tail == b"a" * 2095 + b"b" * 2000 + b"c"
    assert pipes.bash._pass_on(turn)
    pipes.log.close()
    assert not pipes.bash._pass_on(turn)
    assert not pipes.bash._pass_on(None)


def test_a_log_of_many_reads_is_passed_on_at_once(
    pipes: Pipes, capsys: pytest.CaptureFixture[str]
) -> None:
    size = fcntl.fcntl(pipes.log.fileno(), fcntl.F_SETPIPE_SZ, shell_process._PIPE_BYTES)
    text = "0123456é" * (size // 9)
    pipes.log.write(text.encode())
    assert pipes.bash._pass_on(None)
    assert capsys.readouterr().err == text


def test_a_log_without_end_does_not_keep_a_turn_from_ending(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pipes.bash, "_read", lambda _: b"x" * shell_process._READ_BYTES)
    assert pipes.bash._pass_on(None)
    assert capsys.readouterr().err == "x" * shell_process._PIPE_BYTES


def test_an_answer_is_collected_as_it_comes(pipes: Pipes) -> None:
    turn = Turn(1)
    assert pipes.bash._collect(turn)
    pipes.answer.write(b"one")
    assert pipes.bash._collect(turn)
    pipes.answer.write(b"two")
    pipes.answer.close()
    assert not pipes.bash._collect(turn)
    assert (turn.pieces, turn.answered) == ([b"one", b"two"], True)


def test_a_call_hands_event_and_fields_over_under_the_turns_number(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[int] = []
    monkeypatch.setattr(pipes.bash, "_follow", lambda turn: followed.append(turn.number))
    pipes.bash.call(b"first, and longer", ("id", "5", ""))
    pipes.bash.call(b"event\n", ("a\tb\nc", "\0", "Root=1"))
    assert followed == [1, 2]
    assert pipes.requests.read(100) == b"1\tid\t5\t-\n2\ta b c\t \tRoot=1\n"
    pipes.bash._event.seek(0)
    assert pipes.bash._event.read() == b"event\n.2."
    # It has just died.
    pipes.requests.close()
    pipes.bash.call(b"", ("id", "5", ""))
    assert followed == [1, 2, 3]


class Stubborn:
    """A file that takes a few bytes at a time, or none."""

    def __init__(self, error: OSError | None = None) -> None:
        self.data = b""
        self.error = error

    def seek(self, position: int) -> None:
        assert position == 0

    def truncate(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        if self.error is not None:
            raise self.error
        self.data += bytes(data[:4])
        return min(4, len(data))


def test_an_event_is_written_whole_or_is_an_error(pipes: Pipes) -> None:
    pipes.bash._event.close()
    file = Stubborn()
    pipes.bash._event = cast("IO[bytes]", file)
    pipes.bash._turns = 3
    pipes.bash._write(b"0123456789")
    assert file.data == b"0123456789.3."
    pipes.bash._event = cast("IO[bytes]", Stubborn(OSError(28, "full")))
    with pytest.raises(EventNotWritten) as caught:
        pipes.bash._write(b"0123456789")
    assert isinstance(caught.value.__cause__, OSError)
    pipes.bash._event = tempfile.TemporaryFile()


class Process:
    """A process that ended in a way, or does not end."""

    def __init__(self, status: int, waits: bool = False) -> None:
        self.pid = 77
        self.status = status
        self.waits = waits
        self.limits: list[float | None] = []

    def wait(self, limit: float | None = None) -> int:
        self.limits.append(limit)
        if self.waits and limit is not None:
            raise subprocess.TimeoutExpired("bash", limit)
        return self.status


@pytest.mark.parametrize(("status", "code"), [(0, 0), (1, 1), (3, 3), (-9, 137), (-1, 129)])
@pytest.mark.parametrize("error", [None, ProcessLookupError(), PermissionError()])
def test_what_is_killed_ends_with_all_that_it_runs(
    pipes: Pipes,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    code: int,
    error: OSError | None,
) -> None:
    killed: list[tuple[int, int]] = []

    def killpg(group: int, number: int) -> None:
        killed.append((group, number))
        if error is not None:
            raise error

    monkeypatch.setattr(os, "killpg", killpg)
    bash = pipes.bash
    bash.process = cast("subprocess.Popen[bytes]", Process(status))
    pipes.log.write(b"last words")
    assert bash.kill() == code
    assert killed == [(77, signal.SIGKILL)]
    ends = (bash._event, bash._log, bash._reports, bash._answer, bash._requests, bash._life)
    assert all(each.closed for each in ends)
    # Once more: the log is closed by now.
    assert bash.kill() == code


@pytest.mark.parametrize("waits", [True, False])
def test_a_bash_is_asked_to_end_and_given_two_seconds(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    process = Process(0, waits)
    pipes.bash.process = cast("subprocess.Popen[bytes]", process)
    monkeypatch.setattr(os, "killpg", lambda *_: None)
    assert pipes.bash.close() == 0
    assert process.limits == [2.0, None]
    assert pipes.requests.read() == b""


def test_what_is_printed_without_a_standard_error_is_dropped(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    pipes.bash._say("text")
    flushes: list[str] = []
    stream = SimpleNamespace(write=flushes.append, flush=lambda: flushes.append("flushed"))
    monkeypatch.setattr(sys, "stderr", stream)
    pipes.bash._say("")
    pipes.bash._say("text")
    assert flushes == ["text", "flushed"]


def test_a_process_whose_status_was_not_kept_is_not_alive(
    pipes: Pipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int, int]] = []
    answers: list[object] = [None, "ended", ChildProcessError()]

    def waitid(*seen: int) -> object:
        asked.append(seen)  # type: ignore[arg-type]
        answer = answers.pop(0)
        if isinstance(answer, ChildProcessError):
            raise answer
        return answer

    monkeypatch.setattr(os, "waitid", waitid)
    pipes.bash.process = cast("subprocess.Popen[bytes]", Process(0))
    assert [pipes.bash.is_alive() for _ in range(3)] == [True, False, False]
    assert asked[0] == (os.P_PID, 77, os.WEXITED | os.WNOHANG | os.WNOWAIT)


def test_of_a_new_turn_nothing_has_come_yet() -> None:
    turn = Turn(1)
    assert (turn.word, turn.status, turn.begun, turn.answered) == ("", 0, False, False)
    assert (turn.failures, turn.tail, turn.pieces) == ([], b"", [])


def test_the_answer_of_a_failed_turn_that_has_ended_leaves_nothing_behind(pipes: Pipes) -> None:
    pipes.answer.close()
    pipes.reports.write(b"begin\t1\nend\t1\t3\n")
    assert pipes.bash._follow(Turn(1)).answered
    pipes.reports.write(b"unread\t2\n")
    assert not pipes.bash._follow(Turn(2)).answered


def test_turns_are_numbered_from_1_and_sourcing_the_file_is_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[int] = []
    monkeypatch.setattr(Bash, "_follow", lambda _, turn: followed.append(turn.number))
    bash = Bash(str(tmp_path / "app.sh"), "handler")
    bash.call(b"{}", ("id", "5", ""))
    assert followed == [0, 1]
    bash.kill()


def test_what_a_signal_handler_raises_while_the_file_is_sourced_ends_bash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    kill = Bash.kill

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Bash, "_follow", interrupt)
    monkeypatch.setattr(Bash, "kill", lambda bash: killed.append(kill(bash)))
    with pytest.raises(KeyboardInterrupt):
        Bash(str(tmp_path / "app.sh"), "handler")
    assert len(killed) == 1
