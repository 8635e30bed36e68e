"""What a shell function does with the turns of a bash that is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from surefoot._runtime.context import LambdaContext
from surefoot._runtime.handlers import shell
from surefoot._runtime.handlers.shell import ShellFunction, find
from surefoot._runtime.handlers.shell_process import EventNotWritten, Turn
from surefoot._runtime.handlers.shell_server import END, NO_FUNCTION, READY, UNREAD
from surefoot.errors import Fault
from tests.unit import fakes


def over(
    word: str = END, status: int = 0, begun: bool = True, answered: bool = True, answer: bytes = b""
) -> Turn:
    """A turn that came to this."""
    turn = Turn(1)
    turn.word, turn.status, turn.begun, turn.answered = word, status, begun, answered
    turn.pieces = [answer[:2], answer[2:]]
    return turn


class Played:
    """A bash whose turns are given, in order; an exception is raised."""

    def __init__(self, *turns: Turn | BaseException, started: Turn | None = None) -> None:
        self.started = started or over(READY, begun=False)
        self.turns = list(turns)
        self.alive = True
        self.calls: list[object] = []

    def is_alive(self) -> bool:
        return self.alive

    def call(self, event: bytes, fields: tuple[str, str, str]) -> Turn:
        self.calls.append((event, fields))
        turn = self.turns.pop(0)
        if isinstance(turn, BaseException):
            raise turn
        return turn

    def kill(self) -> int:
        self.calls.append("kill")
        return 9

    def close(self) -> int:
        self.calls.append("close")
        return 0


Play = Callable[..., ShellFunction]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(shell, "log_to_operator", lines.append)
    return lines


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> Play:
    def play(*processes: Played | BaseException) -> ShellFunction:
        left = list(processes)

        def start(script: str, function: str) -> Played:
            assert (script, function) == ("/var/task/app.sh", "handler")
            bash = left.pop(0)
            if isinstance(bash, BaseException):
                raise bash
            return bash

        monkeypatch.setattr(shell, "Bash", start)
        return ShellFunction("/var/task/app.sh", "handler")

    return play


def context() -> LambdaContext:
    timed = fakes.invocation(headers={"lambda-runtime-deadline-ms": "5"})
    return LambdaContext(timed, fakes.config(), cast("Callable[..., object]", None), print)


def test_an_answer_is_what_was_printed_without_the_line_ends_at_its_end(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1")
    bash = Played(over(answer=b"a\nb\n\n"), over(answer=b""))
    function = play(bash)
    # As it came, not as a Python object.
    assert function.takes_bytes
    assert [function(b"1", context()), function(b"2", context())] == [b"a\nb", b""]
    fields = (fakes.REQUEST_ID, "5", "Root=1")
    assert bash.calls == [(b"1", fields), (b"2", fields)]


def test_an_event_that_no_shell_can_hold_is_refused(play: Play) -> None:
    bash = Played()
    with pytest.raises(Fault, match="NUL byte"):
        play(bash)(b"a\0b", context())
    assert bash.calls == []


def test_a_bash_that_ended_between_two_invocations_is_replaced_and_named(
    play: Play, said: list[str]
) -> None:
    first, second = Played(), Played(over(answer=b"ok"))
    function = play(first, second)
    first.alive = False
    assert function(b"1", context()) == b"ok"
    assert first.calls == ["kill"]
    assert said == [
        "bash, which served handler in /var/task/app.sh, ended between invocations "  # noqa: ISC004
        "(exit status 9); another one is started."
    ]


@pytest.mark.parametrize(
    ("turn", "killed", "words"),
    [
        (over(status=3), False, "handler in app.sh exited with status 3"),
        (over(status=3, answered=False), True, "handler in app.sh exited with status 3"),
        (over(UNREAD, begun=False, answered=False), False, "could not read the event"),
        (over(word=""), True, r"handler in app.sh ended bash itself \(exit status 9\)"),
    ],
)
def test_a_turn_that_failed_says_how_and_a_bash_with_something_left_is_killed(
    play: Play, said: list[str], turn: Turn, killed: bool, words: str
) -> None:
    first, second = Played(turn, over(answer=b"ok")), Played(over(answer=b"ok"))
    function = play(first, second)
    with pytest.raises(Fault, match=words):
        function(b"1", context())
    assert ("kill" in first.calls) == killed
    assert function(b"2", context()) == b"ok"
    # The event went to a new one, which is no news.
    assert (len(second.calls), said) == (int(killed), [])


def test_the_status_of_a_failed_command_counts_before_the_functions_own(play: Play) -> None:
    turn = over(status=1)
    turn.failures = [["EXIT", "0", "7", "7", "exit 7"]]
    with pytest.raises(Fault, match="exited with status 7: `exit 7` failed"):
        play(Played(turn))(b"1", context())


def test_an_event_that_cannot_be_written_leaves_bash_as_it_is(play: Play) -> None:
    error = EventNotWritten()
    error.__cause__ = OSError(28, "No space left on device")
    bash = Played(error, over(answer=b"ok"))
    function = play(bash)
    with pytest.raises(Fault, match=r"event of 2 bytes cannot be passed .*No space left"):
        function(b"12", context())
    assert function(b"1", context()) == b"ok"


def test_what_a_signal_handler_raises_ends_bash(play: Play) -> None:
    first, second = Played(KeyboardInterrupt()), Played(over(answer=b"ok"))
    function = play(first, second)
    with pytest.raises(KeyboardInterrupt):
        function(b"1", context())
    assert first.calls[-1] == "kill"
    assert function(b"2", context()) == b"ok"


def test_a_function_is_closed_once(play: Play) -> None:
    bash = Played()
    function = play(bash)
    function.close()
    function.close()
    assert bash.calls == ["close"]


def broken(kind: type[OSError], filename: str) -> OSError:
    return kind(2, "No such file", filename)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (broken(FileNotFoundError, "bash"), True),
        (broken(FileNotFoundError, "/tmp/other"), False),
        (broken(PermissionError, "bash"), False),
    ],
)
def test_a_bash_that_cannot_be_started_is_a_failed_import(
    play: Play, error: OSError, hint: bool
) -> None:
    with pytest.raises(Fault, match=r"Unable to source '/var/task/app.sh': bash cannot") as caught:
        play(error)
    assert ("need bash in the image" in str(caught.value)) == hint


def test_a_function_that_the_file_does_not_define_is_named(play: Play) -> None:
    bash = Played(started=over(NO_FUNCTION, begun=False))
    with pytest.raises(Fault, match="Handler 'handler' missing on module 'app'"):
        play(bash)
    assert bash.calls == ["kill"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (None, "it ended with exit status 9;"),
        ("", "it ended with exit status 9, which its last command, `return` or `exit` set;"),
        ("false", "it ended with exit status 9: `false` failed, app.sh"),
    ],
)
def test_a_file_that_fails_while_it_is_sourced_says_where(
    play: Play, command: str | None, words: str
) -> None:
    started = over("", begun=False)
    if command is not None:
        started.failures = [["ERR", "0", "9", "9", command]]
    with pytest.raises(Fault) as caught:
        play(Played(started=started))
    assert f"Unable to source '/var/task/app.sh': {words}" in str(caught.value)


def test_a_shell_file_is_the_first_of_its_name(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "app.sh").mkdir()
    (tmp_path / "two" / "app.sh").touch()
    (tmp_path / "three" / "app.sh").touch()
    folders = [str(tmp_path / name) for name in ("one", "two", "three")]
    assert find("app", *folders) == f"{tmp_path}/two/app.sh"
    assert find("other", *folders) is None
