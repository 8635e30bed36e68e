"""``function.sh`` handlers: the file is sourced once, its function called for each event.

Bash keeps running between invocations, as Lambda's functions do: what the file does at its top
happens once. Each call gets the event as ``$1`` inside one bash process, where the kernel's limit
of 128 KiB for an argument does not apply. The event travels through an unlinked file in /tmp,
because bash reads a pipe byte by byte; the answer comes through a pipe.

A bash that did not end its turn, whatever the reason, is killed with all that it runs, and the next
invocation starts another: an answer can only be the answer to its own event.
"""

import os

from ..._process.operator_log import log_to_operator
from ...errors import HANDLER_NOT_FOUND, IMPORT_MODULE_ERROR, SHELL_ERROR, Fault
from .shell_errors import SOURCED, find_cause, make_fault
from .shell_process import Bash, EventNotWritten, Turn
from .shell_server import END, NO_FUNCTION, READY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..context import LambdaContext


class ShellFunction:
    """A shell function, called with an event's bytes, returning what it printed.

    :raises Fault: Runtime.ImportModuleError, the file failed while it was sourced;
        Runtime.HandlerNotFound, it defines no such function
    """

    # The event is handed over as it came, not as a Python object.
    takes_bytes = True

    def __init__(self, script: str, function: str) -> None:
        self.script = script
        self.function = function
        self._bash: Bash | None = self._start()

    def __call__(self, event: bytes, context: "LambdaContext") -> bytes:
        """Call the function.

        :raises Fault: Function.ShellError, it exited with another status than 0, or the event or
            the answer could not be passed on; the message ends with the tail of its stderr
        """
        if b"\0" in event:
            raise Fault(SHELL_ERROR, "the event contains a NUL byte, which no shell can hold.")
        # Taken out while it works, put back after a whole turn: nothing that may happen in between
        # can leave a bash here that still has something to say about this invocation.
        bash, self._bash = self._bash, None
        if bash is None or not bash.is_alive():
            bash = self._start_again(bash)
        try:
            turn = bash.call(event, _fields(context))
        except EventNotWritten as error:
            self._bash = bash
            raise Fault(
                SHELL_ERROR,
                f"the event of {len(event)} bytes cannot be passed to bash: {error.__cause__}. "
                "It goes through a file in /tmp: delete what earlier invocations left there, or "
                "give the function more ephemeral storage.",
            ) from None
        except BaseException:
            bash.kill()
            raise
        ended_itself = None
        if turn.is_over and (turn.answered or not turn.begun):
            self._bash = bash
        else:
            # Or the function failed and left something running that could still write an answer.
            ended_itself = bash.kill()
        return self._answer(turn, ended_itself)

    def close(self) -> None:
        """End bash, which waits for the next event."""
        bash, self._bash = self._bash, None
        if bash is not None:
            bash.close()

    def _start(self) -> Bash:
        try:
            bash = Bash(self.script, self.function)
        except OSError as error:
            missing = isinstance(error, FileNotFoundError) and error.filename == "bash"
            raise Fault(
                IMPORT_MODULE_ERROR,
                f"Unable to source '{self.script}': bash cannot be started ({error})."
                + (" Shell handlers need bash in the image." if missing else ""),
            ) from None
        turn = bash.started
        if turn.word == READY:
            return bash
        status = bash.kill()
        if turn.word == NO_FUNCTION:
            name = os.path.basename(self.script).removesuffix(".sh")
            raise Fault(HANDLER_NOT_FOUND, f"Handler '{self.function}' missing on module '{name}'")
        what = f"Unable to source '{self.script}': it ended with exit status {status}"
        cause = find_cause(turn.failures, status)
        if cause is not None and not cause.command:
            what += ", which its last command, `return` or `exit` set"
        raise make_fault(IMPORT_MODULE_ERROR, what, (self.script, SOURCED), cause, turn.tail)

    def _start_again(self, bash: Bash | None) -> Bash:
        if bash is not None:
            log_to_operator(
                f"bash, which served {self.function} in {self.script}, ended between invocations "
                f"(exit status {bash.kill()}); another one is started."
            )
        return self._start()

    def _answer(self, turn: Turn, ended_itself: int | None) -> bytes:
        what = f"{self.function} in {os.path.basename(self.script)} "
        cause = None
        if not turn.is_over:
            what += f"ended bash itself (exit status {ended_itself})"
        elif turn.word != END:
            what += "was not called: bash could not read the event"
        elif turn.status == 0:
            # As $(...) does it.
            return b"".join(turn.pieces).rstrip(b"\n")
        else:
            cause = find_cause(turn.failures, turn.status)
            what += f"exited with status {cause.status if cause else turn.status}"
        raise make_fault(SHELL_ERROR, what, (self.script, self.function), cause, turn.tail)


def find(module: str, *directories: str) -> str | None:
    """Return the path of the shell file that stands for a module name, in the first that has it."""
    for directory in directories:
        path = os.path.join(directory, f"{module}.sh")
        if os.path.isfile(path):
            return path
    return None


def _fields(context: "LambdaContext") -> tuple[str, str, str]:
    trace = os.environ.get("_X_AMZN_TRACE_ID", "")
    deadline = str(context._epoch_deadline_time_in_ms)  # noqa: SLF001  (awslambdaric's name)
    return context.aws_request_id, deadline, trace
