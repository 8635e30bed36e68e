"""An exception as the Runtime API wants to hear of it: error JSON, X-Ray cause, log record.

Loaded with the first failure. Everything an exception says about itself may raise or be malformed
(a ``__str__`` of the user's, a lone surrogate, a line break in a class name): whatever it does,
there is a report.
"""

import builtins
import os
import sys
import traceback

from .errors import Fault

# Lambda accepts a cause of 64 KiB; a longer one is dropped, as cutting it would break its JSON.
MAX_XRAY = 64 * 1024
# Enough frames to see a recursion; the error report itself keeps all of them, folded.
_XRAY_FRAMES = 64
_CHAIN = 16
_FAMILIES = ("Runtime", "Function")

_IMPORT = "<frozen importlib"
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Report:
    """What is known about a failure: ``kind`` (its type's name), ``message``, ``stack`` (lines),
    and ``causes``, one (type, message, frames) each for the failure and what led to it.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        stack: list[str],
        causes: "list[tuple[str, str, list[traceback.FrameSummary]]]",
    ) -> None:
        self.kind = kind
        self.message = message
        self.stack = stack
        self.causes = causes

    @classmethod
    def of(cls, error: BaseException) -> "Report":
        """Describe an exception, with its causes, notes and group members."""
        try:
            return cls._of(error)
        except Exception as failure:
            # Its attributes are the user's, and may do anything. A poorer report is still one.
            message = f"{text_of(error)} (no trace: {type(failure).__name__} while describing it)"
            return cls(type(error).__name__, message, [], [])

    @classmethod
    def _of(cls, error: BaseException) -> "Report":
        if isinstance(error, Fault):
            stack = error.stack or []
            if error.__cause__ is not None:
                stack = stack + _told(error.__cause__)
            return cls(
                error.kind, error.message, stack, [("LambdaValidationError", error.message, [])]
            )
        kind = type(error).__name__
        causes = [
            (type(each).__name__, text_of(each), frames_of(each.__traceback__))
            for each in _everything(error)
        ]
        return cls(kind, text_of(error), _told(error), causes)

    @property
    def header_type(self) -> str:
        """The type in Lambda's grammar (Runtime|Function).Name, for the error-type header."""
        family, dot, name = self.kind.rpartition(".")
        if not dot:
            family = "Function"
        fits = len(name) > 1 and name.isascii() and name.isalpha() and name[0].isupper()
        return f"{family}.{name}" if fits and family in _FAMILIES else "Function.Unhandled"

    def fields(self, request_id: str = "") -> dict[str, object]:
        """Return the error JSON's fields, in awslambdaric's order."""
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": self.stack,
        }

    def xray(self) -> dict[str, object]:
        """Return the X-Ray cause; the runtime's own faults carry no frames."""
        exceptions = []
        paths: dict[str, None] = {}
        for kind, message, frames in self.causes:
            shown = frames if len(frames) <= _XRAY_FRAMES else frames[-_XRAY_FRAMES:]
            paths.update((frame.filename, None) for frame in shown)
            stack = [
                {"label": frame.name, "path": frame.filename, "line": frame.lineno}
                for frame in shown
            ]
            exceptions.append({"message": message, "type": kind, "stack": stack})
        return {
            "working_directory": _working_directory(),
            "exceptions": exceptions,
            "paths": list(paths),
        }


def text_of(error: BaseException) -> str:
    """Return str(error), or a sentence in its place when that raises."""
    try:
        return str(error)
    except BaseException as failure:
        return f"<no message: str() of the {type(error).__name__} raised {type(failure).__name__}>"


def frames_of(trace: "TracebackType | None") -> "list[traceback.FrameSummary]":
    """Return the frames of the user's code: no import machinery, no frame of the runtime."""
    try:
        frames = list(traceback.extract_tb(trace))
    except Exception:
        # A source file that cannot be read back (odd encoding) must not cost the whole trace.
        frames = [
            traceback.FrameSummary(
                f.f_code.co_filename, line, f.f_code.co_name, lookup_line=False, line=""
            )
            for f, line in traceback.walk_tb(trace)
        ]
    machinery = _machinery()
    start = 0
    while start < len(frames) and frames[start].filename.startswith(machinery):
        start += 1
    # The guard raises in the handler's place; where it does so says nothing.
    while len(frames) > start + 1 and frames[-1].filename.startswith(_HERE):
        frames.pop()
    return [frame for frame in frames[start:] if not frame.filename.startswith(_IMPORT)]


def _machinery() -> tuple[str, ...]:
    """Return where the code lies that leads from the runtime to the user's first frame."""
    places = [_HERE, _IMPORT]
    for name in ("asyncio", "importlib"):
        module = sys.modules.get(name)
        if module is not None and module.__file__:
            places.append(os.path.dirname(module.__file__) + os.sep)
    return tuple(places)


def _told(error: BaseException, depth: int = 0) -> list[str]:
    """Return the stack of an exception, then of what led to it, as lines for stackTrace."""
    lines: list[str] = []
    for each, relation in _chain(error):
        if relation:
            lines.append(f"{relation}{type(each).__name__}: {text_of(each)}\n")
        # Plain tuples: no caret lines, which older Pythons and awslambdaric don't have.
        frames = [
            (f.filename, f.lineno or 0, f.name, f.line) for f in frames_of(each.__traceback__)
        ]
        lines += traceback.format_list(frames)
        notes = getattr(each, "__notes__", None)
        if isinstance(notes, list):
            lines += [f"Note: {note}\n" for note in notes if isinstance(note, str)]
        lines += _members(each, depth)
    return lines


def _everything(error: BaseException) -> list[BaseException]:
    """Return the exception, what led to it, and the members of groups among them; not too many."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < _CHAIN * 2:
        for each, _ in _chain(waiting.pop(0)):
            found.append(each)
            waiting += _group(each)
    return found


def _group(error: BaseException) -> "tuple[BaseException, ...]":
    # Python 3.10 has no groups; and any exception may have an attribute called exceptions.
    group = getattr(builtins, "BaseExceptionGroup", None)
    return error.exceptions if group is not None and isinstance(error, group) else ()


def _members(error: BaseException, depth: int) -> list[str]:
    members = _group(error)
    if members and depth == _CHAIN:
        return ["… and more groups within\n"]
    lines = []
    for number, member in enumerate(members, 1):
        lines.append(
            f"Member {number} of {len(members)}: {type(member).__name__}: {text_of(member)}\n"
        )
        lines += [f"  {line}" for line in _told(member, depth + 1)]
    return lines


def _chain(error: BaseException) -> "list[tuple[BaseException, str]]":
    """Return the exception and what led to it, nearest first, each with its relation in words."""
    chain = [(error, "")]
    seen = {id(error)}
    while len(chain) < _CHAIN:
        last = chain[-1][0]
        if last.__cause__ is not None:
            following, relation = last.__cause__, "Caused by "
        elif last.__context__ is not None and not last.__suppress_context__:
            following, relation = last.__context__, "While handling "
        else:
            break
        if id(following) in seen or isinstance(following, Fault):
            break
        seen.add(id(following))
        chain.append((following, relation))
    return chain


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""
