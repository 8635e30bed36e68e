"""An exception as the Runtime API wants to hear of it: error JSON, X-Ray cause, log record.

Everything an exception says about itself may raise, be malformed or be endless (a ``__str__`` of
the user's, a lone surrogate, a message of megabytes): whatever it does, there is a report, and it
fits. Free of imports from its loading on (see late), for at the moment of a failure there may be no
descriptor, no ``sys.path`` and no ``sys.modules`` to import with.
"""

import builtins
import posix

from ..errors import Fault
from .frames import Frame, add_source_lines, format_frames, user_frames

try:
    from _json import encode_basestring_ascii as _quote
except ImportError:  # an interpreter without the accelerators: the same in Python
    from json.encoder import py_encode_basestring_ascii as _quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Lambda accepts a cause of 64 KiB; a longer one is dropped, as cutting it would break its JSON.
MAX_XRAY = 64 * 1024

# What a report may hold, in bytes of JSON. One log event in CloudWatch takes 256 KiB, and so do the
# services that hand an error on (Step Functions, asynchronous destinations); the record indents
# with characters of two bytes, so message and stack together stay well below. Lambda itself takes
# 6 MB, and its emulator panics beyond.
MAX_KIND = 1024
MAX_MESSAGE = 96 * 1024
MAX_STACK = 64 * 1024
# One entry of the stack: a frame, a note, what a cause says.
_MAX_ENTRY = 4096
# Exceptions described in one report, and notes or members of one exception.
_MOST_EXCEPTIONS = 200
_MOST_PARTS = 100
# Causes, frames and message bytes in an X-Ray cause: the first that fits.
_XRAY_SIZES = ((32, 64, 48 * 1024), (8, 16, _MAX_ENTRY), (1, 16, _MAX_ENTRY), (1, 2, MAX_KIND))
_MAX_CHAIN = 16
_ERROR_NAMESPACES = ("Runtime", "Function")


class Report:
    """What is known about a failure: ``kind`` (its type's name), ``message``, ``stack`` (lines),
    and ``causes``, one (type, message, frames) each for the failure and what led to it.

    All of them are cut, visibly, to what a report can carry.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        stack: list[str],
        causes: "list[tuple[str, str, list[Frame]]]",
    ) -> None:
        self.kind = cut(kind, MAX_KIND)
        self.message = cut(message, MAX_MESSAGE)
        self.stack = cut_lines([cut(line, _MAX_ENTRY) for line in stack], MAX_STACK)
        self.causes = causes

    @classmethod
    def of(cls, error: BaseException) -> "Report":
        """Describe an exception, with its causes, notes and group members. Never raises."""
        try:
            return cls._of(error)
        except BaseException as failure:
            # Its attributes are the user's, and may do anything. A poorer report is still one.
            kind, trouble = name_of(error), name_of(failure)
        try:
            lines = format_frames(user_frames(error.__traceback__))
            return cls(kind, safe_str(error), lines, [(kind, safe_str(error), [])])
        except BaseException:
            return cls(kind, f"<no message and no trace: {trouble} while describing it>", [], [])

    @classmethod
    def _of(cls, error: BaseException) -> "Report":
        if isinstance(error, Fault):
            stack = error.stack or []
            if error.__cause__ is not None:
                stack = stack + _Description().lines(error.__cause__)
            return cls(
                error.kind, error.message, stack, [("LambdaValidationError", error.message, [])]
            )
        causes = [
            (name_of(each), safe_str(each), user_frames(each.__traceback__))
            for each in _flatten(error)
        ]
        return cls(name_of(error), safe_str(error), _Description().lines(error), causes)

    @property
    def header_type(self) -> str:
        """The type in Lambda's grammar (Runtime|Function).Name, for the error-type header."""
        family, dot, name = self.kind.rpartition(".")
        if not dot:
            family = "Function"
        fits = len(name) > 1 and name.isascii() and name.isalpha() and name[0].isupper()
        return f"{family}.{name}" if fits and family in _ERROR_NAMESPACES else "Function.Unhandled"

    def fields(self, request_id: str = "") -> dict[str, object]:
        """Return the error JSON's fields, in awslambdaric's order."""
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": self.stack,
        }

    def xray(
        self, most_causes: int = 32, most_frames: int = 64, most_message: int = _MAX_ENTRY
    ) -> dict[str, object]:
        """Return the X-Ray cause; the runtime's own faults carry no frames.

        :param most_frames: of each exception the last so many: enough to see a recursion, and the
            stack of the report shows more
        """
        exceptions = []
        paths: dict[str, None] = {}
        for kind, message, frames in self.causes[:most_causes]:
            shown = frames[-most_frames:]
            paths.update((frame.filename, None) for frame in shown)
            stack = [
                {"label": frame.name, "path": frame.filename, "line": frame.lineno}
                for frame in shown
            ]
            exceptions.append(
                {"message": cut(message, most_message), "type": cut(kind, MAX_KIND), "stack": stack}
            )
        return {
            "working_directory": _working_directory(),
            "exceptions": exceptions,
            "paths": list(paths),
        }

    def xray_json(self, dumps: "Callable[[object], bytes]") -> bytes:
        """Return the largest X-Ray cause that Lambda accepts; empty when none is small enough.

        :param dumps: makes JSON, in ASCII
        """
        for sizes in _XRAY_SIZES:
            cause = dumps(self.xray(*sizes))
            if len(cause) <= MAX_XRAY:
                return cause
        return b""


def name_of(error: BaseException) -> str:
    """Return the name of an exception's class, whatever its metaclass makes of ``__name__``."""
    return _plain_str(_type_name(type(error)))


_type_name = type.__dict__["__name__"].__get__


def safe_str(error: BaseException) -> str:
    """Return str(error), or a sentence in its place when that raises."""
    try:
        return _plain_str(str(error))
    except BaseException as failure:
        return f"<no message: str() of the {name_of(error)} raised {name_of(failure)}>"


def _plain_str(text: str) -> str:
    """Return a str that is no instance of a subclass: only those have a plain JSON form."""
    return str.__str__(text)


def cut(text: str, most: int) -> str:
    """Return a text, or its beginning and end when its JSON is longer than ``most`` bytes.

    >>> cut("x" * 5000, 60)
    'xxxxxxxxxxx… (5,000 characters, cut) …xxxxxxxxxxx'
    """
    if len(text) * _MOST_BYTES <= most or (len(text) <= most and _json_size(text) <= most):
        return text
    remark = f"… ({len(text):,} characters, cut) …"
    # In JSON, each of the two dots becomes six bytes.
    half = max(0, (most - len(remark) - 10) // 2)
    head = _shrink(text[:half], half, 0)
    tail = _shrink(text[-half:], half, 1) if half else ""
    return f"{head}{remark}{tail}"


def cut_lines(lines: list[str], most: int) -> list[str]:
    """Return lines, or the first and the last of them when all are longer than ``most`` bytes."""
    if sum(map(len, lines)) * _MOST_BYTES + 4 * len(lines) <= most:
        return lines
    # Quotes, a comma and a blank go around each of them.
    sizes = [_json_size(line) + 4 for line in lines]
    if sum(sizes) <= most:
        return lines
    half = most // 2
    first, used = 0, 0
    while used + sizes[first] <= half:
        used += sizes[first]
        first += 1
    last, used = len(lines), 0
    while used + sizes[last - 1] <= half - 64:
        last -= 1
        used += sizes[last]
    return [*lines[:first], f"… ({last - first:,} of {len(lines):,} entries, cut)\n", *lines[last:]]


def _shrink(text: str, most: int, end: int) -> str:
    """Return the beginning (or with ``end`` the end) of a text whose JSON takes ``most`` bytes."""
    fits, too_many = 0, len(text) + 1
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if _json_size(text[-middle:] if end else text[:middle]) <= most:
            fits = middle
        else:
            too_many = middle
    return text[len(text) - fits :] if end else text[:fits]


def _json_size(text: str) -> int:
    """Return how many bytes of JSON a text becomes at most, without its quotes."""
    return len(_quote(text)) - 2


# Of one character: two escapes, for what lies beyond the basic plane.
_MOST_BYTES = 12


def _flatten(error: BaseException) -> list[BaseException]:
    """Return the exception, what led to it, and the members of groups among them; not too many."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < _MAX_CHAIN * 2:
        for each, _ in _cause_chain(waiting.pop(0)):
            found.append(each)
            waiting += _group_members(each)[: _MAX_CHAIN * 2]
    return found


def _group_members(error: BaseException) -> "tuple[BaseException, ...]":
    # Python 3.10 has no groups; and any exception may have an attribute called exceptions.
    group = getattr(builtins, "BaseExceptionGroup", None)
    return error.exceptions if group is not None and isinstance(error, group) else ()


class _Description:
    """The stack of an exception, then of what led to it, as lines for stackTrace."""

    def __init__(self) -> None:
        self._left = _MOST_EXCEPTIONS

    def lines(self, error: BaseException, depth: int = 0) -> list[str]:
        """Return the lines of one exception and its causes, and of the members of its groups."""
        lines: list[str] = []
        for each, relation in _cause_chain(error):
            self._left -= 1
            if relation:
                lines.append(f"{relation}{name_of(each)}: {cut(safe_str(each), _MAX_ENTRY)}\n")
            frames = user_frames(each.__traceback__)
            add_source_lines(frames)
            lines += format_frames(frames)
            lines += _notes(each)
            lines += self._format_members(each, depth)
        return cut_lines(lines, MAX_STACK)

    def _format_members(self, error: BaseException, depth: int) -> list[str]:
        members = _group_members(error)
        if members and depth == _MAX_CHAIN:
            return ["… and more groups within\n"]
        lines = []
        for number, member in enumerate(members, 1):
            if self._left <= 0 or number > _MOST_PARTS:
                lines.append(f"… and {len(members) - number + 1:,} more members\n")
                break
            text = cut(safe_str(member), _MAX_ENTRY)
            lines.append(f"Member {number} of {len(members)}: {name_of(member)}: {text}\n")
            lines += [f"  {line}" for line in self.lines(member, depth + 1)]
        return lines


def _notes(error: BaseException) -> list[str]:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, list):
        return []
    shown = [f"Note: {cut(note, _MAX_ENTRY)}\n" for note in notes[:_MOST_PARTS] if _is_text(note)]
    if len(notes) > _MOST_PARTS:
        shown.append(f"… and {len(notes) - _MOST_PARTS:,} more notes\n")
    return shown


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _cause_chain(error: BaseException) -> "list[tuple[BaseException, str]]":
    """Return the exception and what led to it, nearest first, each with its relation in words."""
    chain = [(error, "")]
    seen = {id(error)}
    while len(chain) < _MAX_CHAIN:
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
        return posix.getcwd()
    except OSError:
        return ""
