"""Calls that write to the file system, and which of their arguments says where."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .calls import argument
from .values import EvalContext, evaluate


@dataclass(frozen=True)
class Writer:
    """Where a call's target is.

    :param index: of the positional argument; None where it is only a keyword's
    :param mode: place, keyword and default of a mode without which nothing is written
    :param spares: whether an existing target is left alone: "yes", or "option" with exist_ok
    """

    index: int | None
    keyword: str
    mode: tuple[int, str, str] | None = None
    spares: str = ""


@dataclass(frozen=True)
class Write:
    """A call that writes, its target, and whether it leaves an existing one alone."""

    name: str
    target: ast.expr
    spares: bool


_MODE = (1, "mode", "r")
_LOG = Writer(0, "filename")
_FUNCTIONS = {
    "open": Writer(0, "file", _MODE),
    "io.open": Writer(0, "file", _MODE),
    "codecs.open": Writer(0, "filename", _MODE),
    "gzip.open": Writer(0, "filename", _MODE),
    "gzip.GzipFile": Writer(0, "filename", _MODE),
    "bz2.open": Writer(0, "filename", _MODE),
    "lzma.open": Writer(0, "filename", _MODE),
    "tarfile.open": Writer(0, "name", _MODE),
    "zipfile.ZipFile": Writer(0, "file", _MODE),
    "dbm.open": Writer(0, "file", (1, "flag", "r")),
    "shelve.open": Writer(0, "filename", (1, "flag", "c")),
    "sqlite3.connect": Writer(0, "database", spares="yes"),
    "logging.FileHandler": _LOG,
    "logging.handlers.RotatingFileHandler": _LOG,
    "logging.handlers.TimedRotatingFileHandler": _LOG,
    "logging.handlers.WatchedFileHandler": _LOG,
    "logging.basicConfig": Writer(None, "filename"),
    "os.mkdir": Writer(0, "path"),
    "os.makedirs": Writer(0, "name", spares="option"),
    "os.mkfifo": Writer(0, "path"),
    "os.symlink": Writer(1, "dst"),
    "os.link": Writer(1, "dst"),
    "os.rename": Writer(1, "dst"),
    "os.replace": Writer(1, "dst"),
    "os.remove": Writer(0, "path"),
    "os.unlink": Writer(0, "path"),
    "shutil.copy": Writer(1, "dst"),
    "shutil.copy2": Writer(1, "dst"),
    "shutil.copyfile": Writer(1, "dst"),
    "shutil.copytree": Writer(1, "dst"),
    "shutil.move": Writer(1, "dst"),
    "shutil.rmtree": Writer(0, "path"),
    "shutil.make_archive": Writer(0, "base_name"),
    "shutil.unpack_archive": Writer(1, "extract_dir"),
    "urllib.request.urlretrieve": Writer(1, "filename"),
}
# Of a path whose text is known.
_PATH_METHODS = {
    "write_text": "",
    "write_bytes": "",
    "touch": "",
    "mkdir": "option",
    "unlink": "",
    "symlink_to": "",
}
# The type of the object is unknown, so only names with one meaning.
_METHODS = {
    "savefig": Writer(0, "fname"),
    "to_csv": Writer(0, "path_or_buf"),
    "to_parquet": Writer(0, "path"),
    "to_pickle": Writer(0, "path"),
    "to_excel": Writer(0, "excel_writer"),
}


def may_write(call: ast.Call, aliases: Mapping[str, str]) -> bool:
    """Return whether the last part of what is called is a name that `find` knows."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr in _LAST
    if isinstance(function, ast.Name):
        return aliases.get(function.id, function.id).rpartition(".")[2] in _LAST
    return False


def find(call: ast.Call, known: EvalContext) -> Write | None:
    """Return what a call writes, or None: it writes nothing, or that is unknown."""
    name = known.name(call.func)
    writer = _FUNCTIONS.get(name)
    if writer is not None:
        return _write(call, name, writer, known)
    if not isinstance(call.func, ast.Attribute):
        return None
    method = call.func.attr
    if method in _METHODS:
        return _write(call, method, _METHODS[method], known)
    if method in _SPECIAL:
        target = _SPECIAL[method](call, known)
        return Write(method, target, spares=False) if target else None
    if method in _PATH_METHODS and evaluate(call.func.value, known):
        spares = _PATH_METHODS[method] == "option" and _has_exist_ok(call)
        return Write(f"Path.{method}", call.func.value, spares)
    if (
        method == "open"
        and evaluate(call.func.value, known)
        and _writes(call, (0, "mode", "r"), known)
    ):
        return Write("Path.open", call.func.value, spares=False)
    return None


def _write(call: ast.Call, name: str, writer: Writer, known: EvalContext) -> Write | None:
    target = argument(call, writer.index, writer.keyword)
    if target is None or (writer.mode and not _writes(call, writer.mode, known)):
        return None
    spares = writer.spares == "yes" or (writer.spares == "option" and _has_exist_ok(call))
    return Write(name, target, spares)


def _writes(call: ast.Call, mode: tuple[int, str, str], known: EvalContext) -> bool:
    index, keyword, default = mode
    node = argument(call, index, keyword)
    text = evaluate(node, known)
    if node is not None and text is None:
        return False
    return not set(text.text if text else default).isdisjoint("waxc+n")


def _has_exist_ok(call: ast.Call) -> bool:
    return any(
        each.arg == "exist_ok" and isinstance(each.value, ast.Constant) and each.value.value is True
        for each in call.keywords
    )


def _downloaded(call: ast.Call, _: EvalContext) -> ast.expr | None:
    # boto3's: of a client with bucket and key before, of a bucket with the key, of an object alone.
    return argument(call, min(len(call.args), 3) - 1 if call.args else None, "Filename")


def _extracted(call: ast.Call, known: EvalContext) -> ast.expr | None:
    # pandas has a method of that name, too, which takes a pattern.
    if not {"zipfile", "tarfile"} & {name.partition(".")[0] for name in known.aliases.values()}:
        return None
    return argument(call, 0, "path") or (None if call.args else ast.Constant("."))


_SPECIAL: dict[str, Callable[[ast.Call, EvalContext], ast.expr | None]] = {
    "download_file": _downloaded,
    "extractall": _extracted,
}
_LAST = frozenset(
    name.rpartition(".")[2]
    for table in (_FUNCTIONS, _PATH_METHODS, _METHODS, _SPECIAL)
    for name in table
)
