"""Traces a start from the inside: which files it opens, lists, looks up and maps, in which order.

Runs in the process that ``init_trace`` starts. It imports only builtin modules, because the trace
would miss other modules that the function loads, too.
"""

import posix
import sys

from surefoot._runtime.readahead import PIECE, RECORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# The first character of a line of the trace. The last line says how the start ended.
OPENED, LISTED, LOOKED_UP, MAPPED, MODULE, PATTERN, ANSWER, READY, FAILED = "OLSMIPARF"
_PAGE = posix.sysconf("SC_PAGE_SIZE")
_PRESENT = 1 << 63


def start(runtime: str, descriptor: int, event: bytes | None = None) -> None:
    """Start the runtime as bootstrap/bootstrap does, and trace it.

    :param runtime: the directory that holds the surefoot package
    :param descriptor: of the file for the trace
    :param event: JSON; the function is called with it after init, without a network
    """
    import marshal

    try:
        code = marshal.loads(_read(f"{runtime}/start.pyc")[16:])  # noqa: S302  (made by our build)
    except FileNotFoundError:
        code = "from surefoot.__main__ import run; run()"
    recorder = Recorder(descriptor, event)
    for name in [name for name in sys.modules if name.startswith("surefoot")]:
        # The runtime must load its modules itself, in view of the trace.
        del sys.modules[name]
    recorder.install()
    exec(code, {"__name__": "__main__"})  # noqa: S102


class Recorder:
    """Writes a trace to `descriptor`; ends the process at its first call to the Runtime API."""

    def __init__(self, descriptor: int, event: bytes | None = None) -> None:
        self._descriptor = descriptor
        self._event = event
        self._is_invoking = False
        self._seen: set[str] = set()
        # What the interpreter itself needs is read before the runtime could read anything ahead.
        self._before = present_pieces()
        self._mapped = set(self._before)

    def install(self) -> None:
        """Begin to watch."""
        for name in ("stat", "lstat"):
            setattr(posix, name, self._watched(getattr(posix, name)))
        # An earlier manifest must not be read ahead: its files are not what this start needs.
        access = posix.access
        posix.access = lambda path, *rest: not str(path).startswith(RECORD) and access(path, *rest)
        sys.addaudithook(self.on_audit_event)

    def on_audit_event(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Handle an audit event: see "Audit events table" in Python's documentation."""
        if event == "open":
            if not (arguments[2] or 0) & (posix.O_WRONLY | posix.O_RDWR | posix.O_CREAT):
                self._note(OPENED, arguments[0])
        elif event in ("os.listdir", "os.scandir"):
            self._note(LISTED, arguments[0] or ".")
        elif event == "import":
            # Names a file only where it is a shared object; its own libraries come with it.
            if arguments[1]:
                self._note(OPENED, arguments[1])
                self._note_new_mappings()
        elif self._is_invoking and event in ("socket.connect", "socket.getaddrinfo"):
            # What the function would send must not leave the build, nor wait for an answer.
            raise ConnectionRefusedError("surefoot seal calls the function without a network")
        elif event == "socket.connect":
            call = _call_of_client(sys._getframe())  # noqa: SLF001  (frames have no public door)
            if call == "next" and self._event is not None:
                self._invoke(sys._getframe())  # noqa: SLF001
            if call:
                self._end(FAILED if call == "init_error" else READY)

    def _invoke(self, frame: "Any") -> None:
        """Call the function once, from within its loop's first poll; write how that ended."""
        loop = _loop_of(frame)
        if loop is None:
            return
        # A call that does not end loses what it loaded, but not what init did.
        self._write_facts()
        invocations = sys.modules["surefoot._runtime_api.invocation"]
        headers = {
            "lambda-runtime-aws-request-id": "00000000-0000-4000-8000-000000000000",
            "lambda-runtime-invoked-function-arn": _ARN,
            "lambda-runtime-deadline-ms": str(_deadline_ms()),
            "content-type": "application/json",
        }
        invocation = invocations.Invocation(headers, self._event)
        self._is_invoking = True
        try:
            answer = loop._handle(invocation)  # noqa: SLF001  (nothing may be sent)
            text = answer[0].hex() if isinstance(answer, tuple) else "stream"
        except BaseException as error:
            text = f"!{type(error).__name__}"
        self._is_invoking = False
        self._write(f"{ANSWER}{text}")

    def _note(self, kind: str, path: object) -> None:
        if isinstance(path, bytes):
            path = path.decode("utf-8", "surrogateescape")
        if not isinstance(path, str) or "\n" in path or "\t" in path:
            return
        if not path.startswith("/"):
            path = f"{posix.getcwd()}/{path}"
        self._write(f"{kind}{path}")

    def _note_new_mappings(self) -> None:
        for path, _, _, _ in mappings():
            if path not in self._mapped:
                self._mapped.add(path)
                self._note(OPENED, path)

    def _watched(self, real: "Callable[..., Any]") -> "Callable[..., Any]":
        # Looking up a file raises no audit event, but it reads folders.
        def look_up(path: "Any", *arguments: "Any", **options: "Any") -> "Any":
            if not isinstance(path, int) and not options.get("dir_fd"):
                self._note(LOOKED_UP, path if isinstance(path, (str, bytes)) else str(path))
            return real(path, *arguments, **options)

        return look_up

    def _write_facts(self) -> None:
        for kind, lines in ((MODULE, describe_modules()), (PATTERN, describe_patterns())):
            for line in lines:
                self._write(f"{kind}{line}")

    def _end(self, outcome: str) -> None:
        self._write_facts()
        self._note_new_mappings()
        for path, pieces in present_pieces().items():
            new = sorted(pieces - self._before.get(path, set()))
            if new:
                self._write(f"{MAPPED}{path}\t{' '.join(map(str, new))}")
        self._write(outcome)
        posix._exit(0)  # noqa: SLF001  (that is its name)

    def _write(self, line: str) -> None:
        # Unbuffered: an init that never ends leaves what it read until then.
        if line not in self._seen:
            self._seen.add(line)
            posix.write(self._descriptor, f"{line}\n".encode("utf-8", "surrogateescape"))


def mappings() -> "list[tuple[str, int, int, int]]":
    """Return (path, offset in the file, first address, last) of each file mapped into memory."""
    found = []
    for line in _read("/proc/self/maps").decode("utf-8", "surrogateescape").split("\n"):
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[5].startswith("/"):
            first, _, last = fields[0].partition("-")
            found.append((fields[5], int(fields[2], 16), int(first, 16), int(last, 16)))
    return found


def present_pieces() -> "dict[str, set[int]]":
    """Return which pieces of each mapped file are in memory, by their number from its start.

    Without /proc/self/pagemap (a build in gVisor), all pieces that are mapped.
    """
    found: dict[str, set[int]] = {}
    try:
        descriptor = posix.open("/proc/self/pagemap", posix.O_RDONLY)
    except OSError:
        descriptor = -1
    for path, offset, first, last in mappings():
        pieces = found.setdefault(path, set())
        count = (last - first) // _PAGE
        states = b""
        if descriptor >= 0:
            # One number of 64 bits for each page of the address space: proc_pid_pagemap(5).
            states = posix.pread(descriptor, count * 8, first // _PAGE * 8)
        for number in range(count):
            state = states[number * 8 : number * 8 + 8]
            if not state or int.from_bytes(state, "little") & _PRESENT:
                pieces.add((offset + number * _PAGE) // PIECE)
    if descriptor >= 0:
        posix.close(descriptor)
    return found


def _read(path: str) -> bytes:
    descriptor = posix.open(path, posix.O_RDONLY)
    data = b""
    while chunk := posix.read(descriptor, 1 << 16):
        data += chunk
    posix.close(descriptor)
    return data


def _call_of_client(frame: "Any") -> str:
    """Return the method of the runtime's client that is on the stack, or an empty string."""
    while frame is not None:
        if (
            frame.f_globals.get("__name__") == "surefoot._runtime_api.client"
            and frame.f_code.co_name in _CALLS
        ):
            return str(frame.f_code.co_name)
        frame = frame.f_back
    return ""


def _loop_of(frame: "Any") -> "Any":
    """Return the loop that serves one invocation at a time and is on the stack, or None."""
    while frame is not None:
        if frame.f_globals.get("__name__") == "surefoot._runtime.loop":
            return frame.f_locals.get("self")
        frame = frame.f_back
    return None


def _deadline_ms() -> int:
    from time import time

    return int(time() * 1000) + _EVENT_SECONDS * 1000


_EVENT_SECONDS = 60
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:seal"
# Init succeeded if the first is called, and failed if the second is.
_CALLS = ("next", "init_error")


def describe_modules() -> "Iterator[str]":
    """Yield name and source, with a tab between, of each module that a usual loader has loaded."""
    for name, module in list(sys.modules.items()):
        spec: Any = getattr(module, "__spec__", None)
        origin = getattr(spec, "origin", None)
        loader = type(getattr(spec, "loader", None)).__name__
        # An alias is loaded under another name; the runtime has a bundle of its own.
        if loader != "SourceFileLoader" or name != spec.name or not isinstance(origin, str):
            continue
        ours = name.startswith("surefoot") and not name.startswith("surefoot.kit")
        if origin.startswith("/") and "\n" not in origin and not ours:
            yield f"{name}\t{origin}"


def describe_patterns() -> "Iterator[str]":
    """Yield each regular expression that init compiled: text and flags, marshalled, in hex."""
    import marshal

    cache = getattr(sys.modules.get("re"), "_cache", {})
    for kind, pattern, flags, *_ in list(cache):
        if kind in (str, bytes):
            yield marshal.dumps((pattern, int(flags)), 2).hex()
