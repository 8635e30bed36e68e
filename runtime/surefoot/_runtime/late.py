"""What only a failure needs: in memory from the start, made into modules with the first failure.

Imported with the start, it would add 3 % to every cold start. Imported with the failure, it would
need descriptors, ``sys.path`` and ``sys.modules``, and what is missing there may be what failed. So
the start keeps it as bytes; and if even they are of no use, there is a report that needs nothing.
"""

import sys
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from .._runtime_api.error_report import Report
    from .logs import Log

# Each after what it imports; the last one has report_error().
NAMES = (
    "surefoot._runtime_api.frames",
    "surefoot._runtime_api.error_report",
    "surefoot._runtime.logs.sinks",
    "surefoot._runtime.logs.uncaught",
)

# Frames of reporting and sending, beneath that of the loop.
_DEPTH = 200
_MOST_FRAMES = 50

# The interpreter's own dictionary: the function can replace the name sys.modules, and its contents.
_modules = sys.modules
_known: "dict[str, ModuleType]" = {}
_kept: "list[tuple[str, str, bytes]]" = []
_is_source = False


def keep(codes: "Iterable[tuple[str, str, bytes]]") -> None:
    """Take names, files and marshalled code of the modules: for the start from a single file."""
    _kept[:] = codes


def prepare() -> None:
    """Prepare what a failure needs; to be called before the function is loaded."""
    global _is_source  # noqa: PLW0603
    _known.update(_modules)
    if not _kept:
        _is_source = True
        runtime = __file__.rpartition("/surefoot/")[0]
        for name in NAMES:
            file = f"{runtime}/{name.replace('.', '/')}.py"
            with open(file, "rb") as source:
                _kept.append((name, file, source.read()))


def report_error(log: "Log", error: BaseException, request_id: str = "") -> "Report":
    """Write the log record of an error and return its report. Never raises.

    :param request_id: of the failed invocation; empty during init
    """
    try:
        if sys.getrecursionlimit() < _DEPTH:
            # The function lowered it to where nothing can be reported any more.
            sys.setrecursionlimit(_DEPTH)
        report: Report = _load(NAMES[-1]).report_error(log, error, request_id)
    except BaseException as failure:
        return BareReport(error, failure)  # type: ignore[return-value]
    return report


def report_of(error: BaseException) -> "Report":
    """Return the report of an error without a log record. Never raises."""
    try:
        report: Report = _load("surefoot._runtime_api.error_report").Report.of(error)
    except BaseException as failure:
        return BareReport(error, failure)  # type: ignore[return-value]
    return report


class BareReport:
    """A report made of the exception alone, when nothing can be loaded to make a better one."""

    def __init__(self, error: BaseException, trouble: BaseException) -> None:
        self.kind = type(error).__name__[:200]
        try:
            text = str.__str__(str(error))[:2000]
        except BaseException:
            text = "<no message>"
        self.message = f"{text} (a short report: {type(trouble).__name__} while making a full one)"
        self.stack: list[str] = []
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            self.stack.append(
                f'  File "{code.co_filename}", line {trace.tb_lineno}, in {code.co_name}\n'
            )
            if len(self.stack) > _MOST_FRAMES:
                del self.stack[_MOST_FRAMES // 2]
            trace = trace.tb_next

    @property
    def header_type(self) -> str:
        """The type for the error-type header."""
        fits = self.kind.isascii() and self.kind.isalpha() and self.kind[0].isupper()
        return f"Function.{self.kind}" if fits else "Function.Unhandled"

    def fields(self, request_id: str = "") -> dict[str, object]:
        """Return the error JSON's fields."""
        return {
            "errorMessage": self.message,
            "errorType": self.kind,
            "requestId": request_id,
            "stackTrace": self.stack,
        }

    def xray_json(self, _: "Callable[[object], bytes]") -> bytes:
        """Return no X-Ray cause."""
        return b""


def _load(wanted: str) -> "Any":
    module = _known.get(wanted)
    if module is not None:
        return module
    if not _kept:
        # Outside of a start, in a test for example: their packages may not be there.
        for name in NAMES:
            __import__(name.rpartition(".")[0])
        prepare()
    # What these modules import is what the start had, whatever the function made of it since.
    before = {name: _modules.get(name) for name in _known}
    _modules.update(_known)
    try:
        for name, file, code in _kept:
            if name not in _known:
                _known[name] = _make(name, file, code)
    finally:
        for name, replaced in before.items():
            if not name.startswith("surefoot"):
                _restore(name, replaced)
    return _known[wanted]


def _restore(name: str, module: "ModuleType | None") -> None:
    if module is None:
        _modules.pop(name, None)
    else:
        _modules[name] = module


def _make(name: str, file: str, code: bytes) -> "ModuleType":
    """Make a module of what was kept of it."""
    from _frozen_importlib import ModuleSpec

    imported = _modules.get(name)
    if imported is not None:
        return imported
    module = type(sys)(name)
    module.__spec__ = ModuleSpec(name, None, origin=file)
    module.__file__ = file
    module.__package__ = name.rpartition(".")[0]
    compiled = compile(code, file, "exec", dont_inherit=True) if _is_source else loads(code)  # noqa: S302
    _modules[name] = module
    try:
        exec(compiled, module.__dict__)  # noqa: S102 - it is the runtime's own
    except BaseException:
        del _modules[name]
        raise
    setattr(_modules[module.__package__], name.rpartition(".")[2], module)
    return module
