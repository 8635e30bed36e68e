"""Whatever breaks in a call of a shell function, the next call gets its own answer."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot._runtime.handlers.shell import ShellFunction
from surefoot.errors import DeadlineExceeded, Fault
from tests.support.gate import DEADLINE
from tests.support.popen import Popen
from tests.unit.shells import context, shell

# Answers with its event; "slow" and "late" take as long as it takes the test to break something.
ECHO = """
case $1 in
slow) echo "$BASHPID" >"$PIDS"; echo half; sleep 1000 ;;
die) kill -9 $$ ;;
log) echo said >&2 ;;
loud) head -c 300000 /dev/zero | tr '\\0' x >&2 ;;
esac
echo "$1"
"""


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShellFunction]:
    os.mkfifo(tmp_path / "pids")
    monkeypatch.setenv("PIDS", str(tmp_path / "pids"))
    made = shell(tmp_path, ECHO)
    yield made
    made.close()


def open_files() -> list[int]:
    return [int(each.name) for each in Path("/proc/self/fd").iterdir()]


class Interrupting:
    """Raises in the main thread, by a signal handler, once the function is in its call."""

    def __init__(self, pids: Path, error: BaseException) -> None:
        self.pids = pids
        self.error = error
        self.pid = 0

    def __enter__(self) -> None:
        self.before = signal.signal(signal.SIGUSR1, self._raise)
        script = f"read -r pid <{self.pids}; echo $pid; kill -USR1 {os.getpid()}"
        self.process = subprocess.Popen(["bash", "-c", script], stdout=subprocess.PIPE)

    def _raise(self, *_: object) -> None:
        raise self.error

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGUSR1, self.before)
        self.pid = int(self.process.communicate(timeout=DEADLINE)[0])


def ends(pid: int) -> bool:
    """Whether a process ends before the test's deadline; it may be a zombie until it is reaped."""
    limit = time.monotonic() + DEADLINE
    while time.monotonic() < limit:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
    return False


@pytest.mark.parametrize("error", [DeadlineExceeded("too late"), KeyboardInterrupt(), OSError(5)])
def test_an_exception_in_the_middle_of_a_call(
    function: ShellFunction, tmp_path: Path, error: BaseException
) -> None:
    interrupting = Interrupting(tmp_path / "pids", error)
    with pytest.raises(type(error)), interrupting:
        function(b"slow", context())
    assert ends(interrupting.pid)
    for event in (b"1", b"2"):
        assert function(event, context()) == event


def children_of(pid: int) -> list[int]:
    text = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=True)
    return [int(each) for each in text.stdout.split()]


def test_what_the_call_was_running_ends_with_it(function: ShellFunction, tmp_path: Path) -> None:
    running: list[int] = []

    class Noting(Interrupting):
        def _raise(self, *_: object) -> None:
            # The sleep, whose parent is the function's subshell.
            bash = function_bash.process.pid
            running.extend(each for shell in children_of(bash) for each in children_of(shell))
            raise self.error

    assert function._bash is not None
    function_bash = function._bash
    with pytest.raises(DeadlineExceeded), Noting(tmp_path / "pids", DeadlineExceeded()):
        function(b"slow", context())
    assert running
    assert all(ends(pid) for pid in running)


class Broken(io.StringIO):
    """A stderr that cannot be written to for a while."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("event", [b"log", b"loud"])
def test_a_log_that_breaks(
    function: ShellFunction, monkeypatch: pytest.MonkeyPatch, event: bytes
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", Broken())
        with pytest.raises(OSError, match="No space left"):
            function(event, context())
    for after in (b"1", b"log", b"2"):
        assert function(after, context()) == after


def test_an_event_that_cannot_be_written(function: ShellFunction) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Fault, match=r"the event of 100000 bytes cannot .*File too large.*/tmp"):
            function(b"x" * 100_000, context())
        assert function(b"small", context()) == b"small"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert function(b"x" * 100_000, context()) == b"x" * 100_000


def test_a_temporary_directory_that_is_full_cuts_no_answer(tmp_path: Path) -> None:
    function = shell(tmp_path, "head -c 400000 /dev/zero | tr '\\0' x")
    assert function._bash is not None
    # What is written to files from now on fails; the answer goes through none.
    resource.prlimit(function._bash.process.pid, resource.RLIMIT_FSIZE, (0, 0))
    try:
        assert function(b"", context()) == b"x" * 400_000
    finally:
        function.close()


@pytest.mark.parametrize("missing", ["the event", "its mark"])
def test_an_event_that_bash_does_not_read_whole(function: ShellFunction, missing: str) -> None:
    bash = function._bash
    assert bash is not None
    write = bash._write

    def cut(event: bytes) -> None:
        write(event)
        bash._event.truncate(0 if missing == "the event" else len(event))

    bash._write = cut  # type: ignore[method-assign]
    with pytest.raises(Fault, match="was not called: bash could not read the event"):
        function(b"cut", context())
    bash._write = write  # type: ignore[method-assign]
    assert function(b"next", context()) == b"next"


def test_no_descriptors_left(function: ShellFunction) -> None:
    bash = function._bash
    assert bash is not None
    # In bash: it cannot open the answer's pipe, nor anything else.
    pid = bash.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    with pytest.raises(Fault, match=r"(?s)handler in function.sh .*Too many open files"):
        function(b"1", context())
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    assert function(b"2", context()) == b"2"


def test_no_descriptors_left_to_start_bash_with(function: ShellFunction) -> None:
    with pytest.raises(Fault, match="ended bash itself"):
        function(b"die", context())
    with contextlib.ExitStack() as stack:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = max(open_files())
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 4, before[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        with contextlib.suppress(OSError):
            while True:
                stack.enter_context(tempfile.TemporaryFile())
        with pytest.raises(Fault, match=r"bash cannot be started \(.*Too many open files"):
            function(b"1", context())
    open_before = len(open_files())
    assert function(b"2", context()) == b"2"
    function.close()
    assert len(open_files()) == open_before


def test_bash_that_dies(function: ShellFunction) -> None:
    for event in (b"1", b"2"):
        with pytest.raises(Fault, match=r"ended bash itself \(exit status 137\)"):
            function(b"die", context())
        assert function(event, context()) == event


def test_bash_that_dies_while_a_child_of_it_holds_its_pipes(tmp_path: Path) -> None:
    function = shell(
        tmp_path, "[[ $1 == die ]] && kill -9 $$; echo $1", "sleep 1000 >/dev/null 2>&1 &"
    )
    with pytest.raises(Fault, match="ended bash itself"):
        function(b"die", context())
    assert function(b"next", context()) == b"next"
    function.close()


def test_a_failed_call_that_leaves_a_writer_of_its_answer(tmp_path: Path) -> None:
    function = shell(
        tmp_path,
        "if [[ $1 == fail ]]; then (while :; do echo late; sleep 0.01; done) & exit 3; fi; echo $1",
    )
    with pytest.raises(Fault, match="exited with status 3"):
        function(b"fail", context())
    for event in (b"1", b"2"):
        assert function(event, context()) == event
    function.close()


def test_reports_of_an_earlier_turn(tmp_path: Path) -> None:
    # A background job whose commands fail in the next turn, and one that says it has ended.
    function = shell(
        tmp_path,
        "(sleep 0.05; false; echo on) >/dev/null &\nfail() { [[ $1 != no ]]; }\nfail $1; echo $1",
    )
    for event in (b"1", b"2", b"3"):
        assert function(event, context()) == event
    bash = function._bash
    assert bash is not None
    reports = Path(f"/proc/{bash.process.pid}/fd/1")
    assert reports.readlink() == Path(f"/proc/self/fd/{bash._reports.fileno()}").readlink()
    reports.write_text("end\t1\t0\nbegin\t1\nunread\t2\nfailed\t1\n")
    assert function(b"4", context()) == b"4"
    # Last: after a failure bash may have been killed, and the next one counts its turns from one.
    with pytest.raises(Fault, match=r"failed in fail, function.sh line 4"):
        function(b"no", context())
    function.close()


def test_nothing_of_bash_outlives_a_runtime_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "function.sh").write_text("handler() { echo $$ $BASHPID; sleep 1000; }\n")
    program = (
        "import sys; from surefoot._runtime.handlers.shell_process import Bash\n"
        f"bash = Bash({str(tmp_path / 'function.sh')!r}, 'handler')\n"
        "print(bash.process.pid, flush=True)\n"
        "bash.call(b'', ('', '', ''))\n"
    )
    environ = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    with Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        bash = int(process.stdout.readline())
        process.kill()
    members = ["ps", "-o", "pid=", "-g", str(bash)]
    while subprocess.run(members, capture_output=True, check=False).stdout.strip():
        pass
