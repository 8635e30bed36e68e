"""Running a program: its lines as they come, its end in time, nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cdk_deploy import program
from cdk_deploy.program import ProcessResult, run


def python(
    code: str, tmp_path: Path, *, limit_s: float = 30, log: Callable[[str], None] | None = None
) -> ProcessResult:
    lines: list[str] = []
    return run(
        [sys.executable, "-u", "-c", code],
        directory=tmp_path,
        environment={"ONLY": "this", "PATH": os.environ["PATH"]},
        limit_s=limit_s,
        log=log or lines.append,
    )


def ends(pid: int) -> bool:
    """Wait until a process is gone, which SIGKILL brings about in a moment, not at once."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 30)[0])
    finally:
        os.close(process)


def test_lines_of_both_streams_are_reported_while_the_program_runs(tmp_path: Path) -> None:
    """The program goes on only when what it said has been heard."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    lines: list[str] = []

    def log(line: str) -> None:
        lines.append(line)
        if line == "first":
            gate.write_text("heard")

    code = "import sys; print('first'); open('gate').read(); print('second', file=sys.stderr)"
    result = python(code, tmp_path, log=log)
    assert lines == ["first", "second"]
    assert result == ProcessResult(0, ["first", "second"], False)


def test_colours_and_bytes_that_are_not_text_do_no_harm(tmp_path: Path) -> None:
    code = r"import os; os.write(1, b'\x1b[31mred\x1b[0m \xff\r\n\n\nno end')"
    assert python(code, tmp_path).lines == ["red \ufffd", "", "", "no end"]


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    result = python("print('x' * 100_000, end='')", tmp_path)
    assert "".join(result.lines) == "x" * 100_000
    assert max(map(len, result.lines)) <= 64 * 1024 + 16 * 1024


def test_only_the_last_lines_are_kept(tmp_path: Path) -> None:
    result = python("for n in range(5000): print(n)", tmp_path)
    assert result.lines[0] == "3000"
    assert result.lines[-1] == "4999"


def test_it_gets_its_environment_and_no_input(tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['ONLY'], 'HOME' in os.environ, sys.stdin.read() == '')"
    assert python(code, tmp_path).lines == ["this False True"]


def shell(script: str, tmp_path: Path, limit_s: float = 30) -> ProcessResult:
    lines: list[str] = []
    return run(
        ["/bin/sh", "-c", script],
        directory=tmp_path,
        environment={"PATH": os.environ["PATH"]},
        limit_s=limit_s,
        log=lines.append,
    )


def child_of(result: ProcessResult) -> int:
    (line,) = result.lines
    return int(line)


def test_at_its_limit_it_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    result = shell("sleep 600 & echo $!; wait", tmp_path, limit_s=3)
    assert (result.timed_out, result.status) == (True, -signal.SIGTERM)
    assert ends(child_of(result))


def test_what_ignores_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "GRACE_S", 0.2)
    result = shell("trap '' TERM; sleep 600 & echo $!; wait", tmp_path, limit_s=3)
    assert (result.timed_out, result.status) == (True, -signal.SIGKILL)
    assert ends(child_of(result))


def test_a_child_that_stays_behind_holds_nothing_up(tmp_path: Path) -> None:
    """It has the pipe open, and is ended with the group."""
    result = shell("sleep 600 & echo $!; exit 7", tmp_path)
    assert (result.timed_out, result.status) == (False, 7)
    assert ends(child_of(result))


def test_an_error_while_telling_ends_the_program(tmp_path: Path) -> None:
    pids: list[int] = []

    def log(line: str) -> None:
        pids.append(int(line))
        raise OSError("the log is full")

    with pytest.raises(OSError, match="the log is full"):
        python("import os, time; print(os.getpid()); time.sleep(600)", tmp_path, log=log)
    assert ends(pids[0])


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(["/nowhere"], directory=tmp_path, environment={}, limit_s=1, log=print)
