"""The frames of an exception, in the form of the ``traceback`` module, without that module.

It would cost the first failure 5 ms, and with ``linecache`` and ``tokenize`` a dozen imports, any
of which a function can shadow or lack descriptors for. Source lines are a courtesy: where a file
cannot be read, a frame goes without its line.
"""

import _io  # io itself is loaded by few interpreters when they start
import posix
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

# More frames than this at either end of a traceback are left out.
_MOST_FRAMES = 5_000
# As in traceback: more than three equal frames in a row are counted, not shown.
_SHOWN_REPEATS = 3
_MOST_LINE = 500

_IMPORT_SYSTEM = "<frozen importlib"
# The code objects of the runtime carry the same prefix as this module's file.
_RUNTIME_DIR = __file__.rpartition("/surefoot/")[0] + "/surefoot/"
# Where a wrapper that another package has put around the handler calls it.
_AROUND = _RUNTIME_DIR + "_runtime/around.py"

# The function may replace builtins.open.
_open = _io.open


class Frame:
    """One frame: where it was, and its source line ("" if it cannot be read)."""

    __slots__ = ("filename", "line", "lineno", "name", "namespace")

    def __init__(self, filename: str, lineno: int, name: str, namespace: "dict[str, Any]") -> None:
        self.filename = filename
        self.lineno = lineno
        self.name = name
        self.line = ""
        # The global variables of its module: they know its loader.
        self.namespace = namespace


def user_frames(trace: "TracebackType | None") -> list[Frame]:
    """Return the frames of the user's code: no import machinery, no frame of the runtime."""
    frames = _walk(trace)
    machinery = _machinery()
    start = 0
    while start < len(frames) and frames[start].filename.startswith(machinery):
        start += 1
    # The guard raises in the handler's place; where it does so says nothing.
    while len(frames) > start + 1 and frames[-1].filename.startswith(_RUNTIME_DIR):
        frames.pop()
    _leave_out_inner_call(frames, start, machinery)
    return [frame for frame in frames[start:] if not frame.filename.startswith(_IMPORT_SYSTEM)]


def _leave_out_inner_call(frames: list[Frame], start: int, machinery: tuple[str, ...]) -> None:
    """Drop what leads from another package's wrapper through the runtime to the handler."""
    inner = [n for n in range(start, len(frames)) if frames[n].filename == _AROUND]
    if not inner:
        return
    first = end = inner[0]
    while end < len(frames) and frames[end].filename.startswith(machinery):
        end += 1
    del frames[first:end]


def add_source_lines(frames: list[Frame]) -> None:
    """Give each frame its source line, as far as it can be read."""
    by_file: dict[str, list[Frame]] = {}
    for frame in frames:
        by_file.setdefault(frame.filename, []).append(frame)
    for filename, group in by_file.items():
        try:
            lines = _source_lines(filename, group)
        except Exception:  # noqa: S112 - it would be the log of a failure to log a failure
            # No descriptor is left, the file is gone, its encoding is odd, a loader is broken.
            continue
        for frame in group:
            frame.line = lines.get(frame.lineno, "")


def format_frames(frames: list[Frame]) -> list[str]:
    """Return the lines of ``traceback.format_list`` for these frames."""
    lines: list[str] = []
    last = None
    repeats = 0
    for frame in frames:
        place = frame.filename, frame.lineno, frame.name
        if place != last:
            lines += _repeated(repeats)
            last, repeats = place, 0
        repeats += 1
        if repeats > _SHOWN_REPEATS:
            continue
        text = f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
        lines.append(f"{text}    {frame.line}\n" if frame.line else text)
    return lines + _repeated(repeats)


def _repeated(count: int) -> list[str]:
    more = count - _SHOWN_REPEATS
    if more <= 0:
        return []
    return [f"  [Previous line repeated {more} more time{'s' if more > 1 else ''}]\n"]


def _walk(trace: "TracebackType | None") -> list[Frame]:
    """Return the frames of a traceback; of an extremely long one both ends."""
    frames: list[Frame] = []
    cut = 0
    while trace is not None:
        code = trace.tb_frame.f_code
        if len(frames) >= _MOST_FRAMES * 3:
            del frames[_MOST_FRAMES : _MOST_FRAMES * 2]
            cut += _MOST_FRAMES
        namespace = trace.tb_frame.f_globals
        frames.append(Frame(code.co_filename, trace.tb_lineno or 0, code.co_name, namespace))
        trace = trace.tb_next
    if cut:
        frames.insert(_MOST_FRAMES, Frame("…", 0, f"… ({cut:,} frames, cut)", {}))
    return frames


def _machinery() -> tuple[str, ...]:
    """Return where the code lies that leads from the runtime to the user's first frame."""
    places = [_RUNTIME_DIR, _IMPORT_SYSTEM]
    for name in ("asyncio", "importlib"):
        file = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(file, str) and "/" in file:
            places.append(file.rpartition("/")[0] + "/")
    return tuple(places)


def _source_lines(filename: str, group: list[Frame]) -> dict[int, str]:
    wanted = {frame.lineno for frame in group}
    if filename.startswith("<"):
        # Generated code registers itself there; a frozen module has a loader.
        cached = getattr(sys.modules.get("linecache"), "cache", {}).get(filename, ())
        text: Any = cached[2] if len(cached) == 4 else _loaded(group[0].namespace)
    elif not _is_regular(filename):
        text = _loaded(group[0].namespace)
    else:
        with _open(filename, encoding=_encoding(filename), errors="backslashreplace") as file:
            return _pick(file, wanted)
    return _pick(text.splitlines() if isinstance(text, str) else text or (), wanted)


def _pick(lines: "Any", wanted: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    last = max(wanted)
    for number, line in enumerate(lines, 1):
        if number in wanted:
            found[number] = line.removeprefix("\ufeff").strip()[:_MOST_LINE]
        if number >= last:
            break
    return found


def _is_regular(filename: str) -> bool:
    """Return whether it is a file that reading cannot block on."""
    try:
        return posix.stat(filename).st_mode & 0o170000 == 0o100000
    except (OSError, ValueError):
        return False


def _loaded(namespace: "dict[str, Any]") -> str | None:
    """Return the source of a module that is no file of its own, from a zip archive for example."""
    loader = namespace.get("__loader__")
    get_source = getattr(loader, "get_source", None)
    source = get_source(namespace.get("__name__")) if get_source is not None else None
    return source if isinstance(source, str) else None


def _encoding(filename: str) -> str:
    """Return a source file's encoding: UTF-8, or what its first two lines declare (PEP 263)."""
    with _open(filename, "rb") as file:
        for line in (file.readline(_MOST_LINE), file.readline(_MOST_LINE)):
            bare = line.removeprefix(b"\xef\xbb\xbf").strip()
            _, found, rest = bare.partition(b"coding")
            if found and bare.startswith(b"#") and rest[:1] in (b":", b"="):
                name = str(rest[1:].split(None, 1)[0], "ascii", "replace")
                return "".join(c for c in name if c.isalnum() or c in "-_.")
            if bare and not bare.startswith(b"#"):
                break
    return "utf-8"
