"""Code that uses a folder or file of the image's /tmp, over which Lambda mounts an empty one.

Only what surely fails is an error: the function neither makes the folder nor looks whether it is
there, and no ``try`` surrounds the call.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import is_shell_script
from ..python import calls, writers
from ..python.module import parse
from ..python.reachable import may_run, reachable_files
from ..python.scoped_calls import scoped_calls
from ..python.values import EvalContext, evaluate

_TMP = "/tmp"
# Calls that make a folder of their target, or of what is above it.
_MAKERS = frozenset(["os.makedirs", "os.mkdir", "Path.mkdir", "shutil.copytree", "extractall"])
# Calls that fail unless their target is there.
_READERS = frozenset(["open", "io.open", "os.listdir", "os.scandir", "os.chdir", "os.stat"])
_PATH_READERS = frozenset(["read_text", "read_bytes", "iterdir"])
# Calls that say nothing about the folder: they compose its name, print it, or need the file.
_NEUTRAL = frozenset(
    [
        *("join", "Path", "PurePath", "PosixPath", "str", "fspath", "print", "format", "dirname"),
        *("abspath", "realpath", "normpath", "joinpath", "resolve", "absolute", "as_posix"),
        *("debug", "info", "warning", "error", "upload_file", "remove", "unlink", "getsize"),
    ]
)
_REDIRECT = re.compile(r">\s*[\"']?(/tmp/[^\s\"'$;&|)]*)")
_SHELL_MAKERS = re.compile(r"\b(mkdir|install|cp|mv|tar|unzip|rsync|git)\b|\[ |\btest\b")
# More are the work of a hostile image; each use is compared with all paths that the code mentions.
_MAX_USES = 100
_MAX_NAMES = 100
_FOLDER_REMEDY = (
    'make it in the function, before it is used: os.makedirs("{}", exist_ok=True); the image need '
    "not have it"
)
_FILE_REMEDY = "COPY it below /var/task, and read it there: {}"


@dataclass(frozen=True)
class _Use:
    """A call that needs `lost`, a path of the image's /tmp."""

    lost: str
    path: str
    line: int
    is_folder: bool


def check(context: CheckContext) -> Iterator[Finding]:
    """Compare what the image has in /tmp with the paths that the function's code uses."""
    if not context.whole:
        return
    hidden = {entry.path: entry for entry in context.tree.under(_TMP) if entry.path != _TMP}
    if not hidden:
        return
    folders = {path: not entry.is_file for path, entry in hidden.items()}
    uses, cared = _python(context, folders)
    found = [*uses, *_shell(context, folders)][:_MAX_USES]
    lost = {
        path
        for path in {use.lost for use in found}
        if not any(_covers(each, path) for each in cared)
    }
    yield from (_finding(use) for use in found if use.lost in lost)


def _python(context: CheckContext, hidden: Mapping[str, bool]) -> tuple[list[_Use], set[str]]:
    """Return the uses of hidden paths, and the paths that some code makes or looks for."""
    uses: list[_Use] = []
    cared: set[str] = set()
    workdir = context.image.workdir if context.image else TASK
    tops = {path.split("/")[2] for path in hidden}
    names = [top.encode("utf-8", "surrogateescape") for top in tops]
    if len(names) > _MAX_NAMES:
        names = [b"tmp"]  # looking for so many takes longer than parsing
    for path in reachable_files(context):
        source = context.tree.read(path)
        body = parse(context.tree, path).body if _mentions(source, names) else None
        if body is None:
            continue
        known = EvalContext(path, workdir=workdir, aliases=calls.aliases(body))
        guarded = _guarded(body)
        for call, here in scoped_calls(body, known, lambda _: True):
            use = _use(call, here, hidden)
            if use is None:
                cared.update(_cared(call, here))
            elif id(call) not in guarded:
                uses.append(replace(use, path=path, line=call.lineno))
    return uses, cared


def _mentions(source: bytes, names: Sequence[bytes]) -> bool:
    return b"tmp" in source and any(name in source for name in names)


def _guarded(body: ast.Module) -> set[int]:
    return {
        id(node)
        for each in ast.walk(body)
        if isinstance(each, ast.Try) and each.handlers
        for statement in each.body
        for node in ast.walk(statement)
    }


def _use(call: ast.Call, known: EvalContext, hidden: Mapping[str, bool]) -> _Use | None:
    write = writers.find(call, known) if writers.may_write(call, known.aliases) else None
    if write is not None:
        text = None if write.name in _MAKERS else evaluate(write.target, known)
        # In the folder of the file, which opening does not make.
        folder = posixpath.dirname(text.text) if text else ""
        return _Use(folder, "", 0, is_folder=True) if hidden.get(folder) else None
    target = _read(call, known)
    text = evaluate(target, known)
    if text is None or not text.whole or text.text not in hidden:
        return None
    return _Use(text.text, "", 0, is_folder=hidden[text.text])


def _read(call: ast.Call, known: EvalContext) -> ast.expr | None:
    if known.name(call.func) in _READERS:
        return calls.argument(call, 0, "file") or calls.argument(call, 0, "path")
    if known.name(call.func).startswith("tempfile."):
        return calls.argument(call, None, "dir")
    if isinstance(call.func, ast.Attribute) and call.func.attr in _PATH_READERS:
        return call.func.value
    return None


def _cared(call: ast.Call, known: EvalContext) -> Iterator[str]:
    """Yield the paths that a call may make or look for; of an unknown call, all it mentions."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else known.name(function)
    if name.rpartition(".")[2] in _NEUTRAL:
        return
    if writers.may_write(call, known.aliases):
        write = writers.find(call, known)
        if write is not None and write.name not in _MAKERS:
            return
    given = [*call.args, *(word.value for word in call.keywords)]
    if isinstance(function, ast.Attribute):
        given.append(function.value)
    for each in given:
        text = evaluate(each, known)
        if text is not None:
            yield text.text
        elif isinstance(each, (ast.List, ast.Tuple)):
            yield from (
                inner.value
                for inner in each.elts
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            )


def _covers(cared: str, lost: str) -> bool:
    """Return whether a path that is made or looked for is `lost`, below it or above it."""
    cared = cared.rstrip("/")
    within = cared.startswith(f"{lost}/") or cared == lost or f"{lost}/" in cared
    above = cared.startswith(f"{_TMP}/") and lost.startswith(f"{cared}/")
    return within or above or f" {lost}" in cared


def _shell(context: CheckContext, hidden: Mapping[str, bool]) -> Iterator[_Use]:
    for entry in context.tree.under(TASK):
        if not entry.is_file or not is_shell_script(context, entry.path):
            continue
        text = context.tree.read(entry.path).decode("utf-8", "replace")
        if _SHELL_MAKERS.search(text) or not may_run(context, entry.path):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for found in _REDIRECT.finditer("" if line.lstrip().startswith("#") else line):
                folder = posixpath.dirname(found[1])
                if hidden.get(folder):
                    yield _Use(folder, entry.path, number, is_folder=True)


def _finding(use: _Use) -> Finding:
    what = "the folder" if use.is_folder else "the file"
    if not use.is_folder:
        remedy = _FILE_REMEDY.format(f"{TASK}/{posixpath.basename(use.lost)}")
    elif use.path.endswith(".py"):
        remedy = _FOLDER_REMEDY.format(use.lost)
    else:
        remedy = f"make it in the function, before it is used: mkdir -p {use.lost}"
    message = f"uses {what} {use.lost} of the image, which Lambda's empty /tmp hides"
    return Finding("SF117", message, remedy, use.path, use.line)
