"""A turn's reports and what a failure says of them, without a bash."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot._runtime.handlers import shell_process
from surefoot._runtime.handlers.shell_errors import SOURCED, Failure, find_cause, make_fault
from surefoot._runtime.handlers.shell_process import Turn
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
