"""One bash that serves a shell function, and the turns that it takes."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
from codecs import getincrementaldecoder

from .shell_server import BEGIN, END, FAILED, SERVER, UNREAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import FileIO
    from typing import IO

# How much of stderr an error report repeats.
_TAIL_BYTES = 4096
# What a pipe usually holds, and the most that it can be made to hold (pipe(7)).
_READ_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
# Bash's death shows at once as the end of its reports, unless something that it left behind holds
# that pipe open; then it shows after this time.
_TICK_MS = 500
# A function that turns errexit off may report each failing command of a long loop.
_MAX_FAILURES = 16
# How long bash may take to end, its own EXIT trap included, when it is asked to.
_END_SECONDS = 2.0
_BLANKS = {ord("\t"): " ", ord("\n"): " ", ord("\0"): " "}


class EventNotWritten(Exception):
    """The event is not in its file, and bash has not been asked for anything."""


class Turn:
    """What has come of one turn so far.

    ``word`` is the report that ended it, empty while there is none or when bash itself ended;
    ``failures`` are the fields of the reports that say where a command failed.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.word = ""
        self.status = 0
        self.failures: list[list[str]] = []
        self.tail = b""
        self.pieces: list[bytes] = []
        self.begun = False
        self.answered = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come: the report that ends it, and the end of the answer."""
        return bool(self.word) and (self.answered or not self.begun or self.status != 0)

    def note(self, line: bytes) -> None:
        """Take one report; those of other turns mean nothing now."""
        word, *fields = line.decode("utf-8", "replace").split("\t")
        if not fields:
            self.word = word
        elif fields[0] != str(self.number):
            return
        elif word == BEGIN:
            self.begun = True
        elif word == FAILED:
            self.failures = [*self.failures[1 - _MAX_FAILURES :], fields[1:]]
        elif word == UNREAD:
            self.word = word
        elif word == END:
            self.word = word
            self.status = int(fields[1])


class Bash:
    """A bash process, its process group and the pipes to it.

    After a turn that is not over, or that raised, kill() is all that may follow.

    The answer's pipe is opened for writing by bash, through /proc, in each turn: so it ends when
    the last process that has it as its standard output is gone, as a command substitution does.
    """

    def __init__(self, script: str, function: str) -> None:
        """Start bash and have it source the file; ``started`` is how that ended.

        :raises OSError: there is no bash, or no descriptor, memory or process left for it
        """
        with contextlib.ExitStack() as opened:
            self._event: IO[bytes] = opened.enter_context(
                tempfile.TemporaryFile(prefix="surefoot-", buffering=0)
            )
            (self._log, log), (self._reports, reports) = _pipe(opened), _pipe(opened)
            (self._answer, answer) = _pipe(opened)
            (requests, self._requests), (life, self._life) = _pipe(opened), _pipe(opened)
            passed = [
                each.fileno() for each in (self._event, self._answer, requests, reports, life)
            ]
            self.process = subprocess.Popen(
                ["bash", "-c", SERVER, "bash", script, function, *map(str, passed)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=passed,
                # A group of its own, so that what it runs can be ended with it.
                start_new_session=True,
            )
            opened.pop_all()
        for each in (log, reports, answer, requests, life):
            each.close()
        for each in (self._log, self._reports, self._answer):
            os.set_blocking(each.fileno(), False)
        # One for all reads: a buffer for each that shrinks to what came leaves the heap in pieces,
        # 80 bytes of memory for each invocation.
        self._buffer = memoryview(bytearray(_READ_BYTES))
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._turns = 0
        try:
            self.started = self._follow(Turn(0))
        except BaseException:
            self.kill()
            raise

    def is_alive(self) -> bool:
        """Return whether bash is still there."""
        # Its exit status is left for kill(): until that is taken, its number is its own.
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self.process.pid, options) is None
        except ChildProcessError:
            return False  # Where SIGCHLD is ignored, nothing is left of an ended child.

    def call(self, event: bytes, fields: tuple[str, str, str]) -> Turn:
        """Have the function called.

        :param fields: request id, deadline and trace id, for its environment
        :raises EventNotWritten: because of an OSError; bash may be used again
        :raises BaseException: anything else, a signal handler's exception for example
        """
        self._turns += 1
        self._write(event)
        words = (str(self._turns), *(each.translate(_BLANKS) or "-" for each in fields))
        line = "\t".join(words) + "\n"
        # A bash that has just died shows by the end of its reports.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._requests.fileno(), line.encode("utf-8", "surrogateescape"))
        return self._follow(Turn(self._turns))

    def close(self) -> int:
        """Let bash end, which waits for a turn; return its exit status."""
        self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
        return self.kill()

    def kill(self) -> int:
        """End bash and what it runs; return its exit status."""
        # ProcessLookupError: all have ended. PermissionError: what is left changed its user.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        # OSError, ValueError: the log itself may be what broke.
        with contextlib.suppress(OSError, ValueError):
            self._pass_on(None)
        for each in (self._event, self._log, self._reports, self._answer):
            each.close()
        self._requests.close()
        self._life.close()
        return status if status >= 0 else 128 - status

    def _write(self, event: bytes) -> None:
        """Put the event into its file, with a mark that names the turn and shows it to be whole.

        The mark also keeps line ends at the event's end, which $(<file) would drop.
        """
        rest = memoryview(b"%b.%d." % (event, self._turns))
        try:
            self._event.seek(0)
            self._event.truncate()
            while rest:
                rest = rest[self._event.write(rest) :]
        except OSError as error:
            raise EventNotWritten from error

    def _follow(self, turn: Turn) -> Turn:
        """Pass the log on and collect the answer until the turn is over, or bash is."""
        log, reports, answer = (each.fileno() for each in (self._log, self._reports, self._answer))
        poll = select.poll()
        poll.register(log, select.POLLIN)
        poll.register(reports, select.POLLIN)
        text = b""
        while not turn.is_over:
            ready = dict(poll.poll(_TICK_MS))
            if log in ready and not self._pass_on(turn):
                poll.unregister(log)
            if answer in ready and not self._collect(turn):
                poll.unregister(answer)
            if reports in ready:
                had_begun = turn.begun
                data = self._read(self._reports)
                *lines, text = (text + (data or b"")).split(b"\n")
                for line in lines:
                    turn.note(line)
                if data == b"":
                    break
                if turn.begun and not had_begun:
                    poll.register(answer, select.POLLIN)
            elif not ready and not self.is_alive():
                break
        # What was printed before the last report is in the pipe by now.
        self._pass_on(turn)
        self._say(self._decoder.decode(b"", True))
        if turn.begun:
            self._collect(turn)
        return turn

    def _collect(self, turn: Turn) -> bool:
        """Take what there is of the answer; return False at its end."""
        while data := self._read(self._answer):
            turn.pieces.append(data)
        turn.answered = data == b""
        return not turn.answered

    def _pass_on(self, turn: Turn | None) -> bool:
        """Copy what there is to our own stderr, the function's log; return False at its end."""
        # No more than a pipe holds: what writes without end must not keep the turn from ending.
        for _ in range(_PIPE_BYTES // _READ_BYTES):
            data = self._read(self._log)
            if not data:
                return data is None
            if turn is not None:
                turn.tail = (turn.tail + data)[-_TAIL_BYTES:]
            self._say(self._decoder.decode(data))
        return True

    def _read(self, stream: "FileIO") -> bytes | None:
        """Return what there is, nothing at its end, None when there is nothing now."""
        count = stream.readinto(self._buffer)
        return None if count is None else bytes(self._buffer[:count])

    def _say(self, text: str) -> None:
        stream = sys.stderr
        if text and stream is not None:
            stream.write(text)
            stream.flush()


def _pipe(opened: contextlib.ExitStack) -> "tuple[FileIO, FileIO]":
    """Return a pipe's reading and writing end; objects, so that no descriptor can be lost."""
    reading, writing = os.pipe()
    return (
        opened.enter_context(open(reading, "rb", 0)),
        opened.enter_context(open(writing, "wb", 0)),
    )
