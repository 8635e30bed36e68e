"""Code that needs /dev/shm, which Lambda does not have: locks, queues and pools of processes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..python import calls
from ..python.module import parse
from ..python.reachable import reachable_files

_INSTEAD = (
    "start a Process of multiprocessing.get_context('spawn') for each part and send results "
    "through a Pipe, see surefoot doctor --explain SF205; or use threads: "
    "concurrent.futures.ThreadPoolExecutor"
)
_THREADS = "use concurrent.futures.ThreadPoolExecutor, which needs no shared memory"
_JOBLIB = 'pass backend="threading" or n_jobs=1: the default backend starts processes'

# Tried without a writable /dev/shm: these fail; Process, Pipe, Manager and Raw* work.
_LOCKED = (
    *("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier"),
    *("Queue", "SimpleQueue", "JoinableQueue", "Pool"),
)
_NEEDS = {
    **{f"multiprocessing.{name}": _INSTEAD for name in _LOCKED},
    "multiprocessing.queues.Queue": _INSTEAD,
    "multiprocessing.queues.SimpleQueue": _INSTEAD,
    "multiprocessing.pool.Pool": _INSTEAD,
    "multiprocessing.pool.ThreadPool": _THREADS,
    "multiprocessing.dummy.Pool": _THREADS,
    "multiprocessing.shared_memory.SharedMemory": _INSTEAD,
    "multiprocessing.shared_memory.ShareableList": _INSTEAD,
    "multiprocessing.managers.SharedMemoryManager": _INSTEAD,
    "concurrent.futures.ProcessPoolExecutor": _INSTEAD,
    "concurrent.futures.process.ProcessPoolExecutor": _INSTEAD,
    "joblib.Parallel": _JOBLIB,
    "joblib.parallel.Parallel": _JOBLIB,
}
# These have a lock, unless lock=False.
_LOCKABLE = ("multiprocessing.Value", "multiprocessing.Array")
_MENTION = re.compile(rb"multiprocessing|ProcessPoolExecutor|joblib")


def check(context: CheckContext) -> Iterator[Finding]:
    """Look for calls that make something in shared memory, in the function's own code."""
    for path in reachable_files(context):
        if not _MENTION.search(context.tree.read(path)):
            continue
        body = parse(context.tree, path).body
        if body is not None:
            yield from _in_file(path, body)


def _in_file(path: str, body: ast.Module) -> Iterator[Finding]:
    known = calls.aliases(body)
    known.update(_contexts(body, known))
    waiting: list[ast.AST] = [body]
    while waiting:
        node = waiting.pop()
        waiting.extend(reversed(list(calls.outside_main(node))))
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func, known)
        remedy = _NEEDS.get(name, "")
        if name in _LOCKABLE and not _is(calls.argument(node, None, "lock"), False):
            remedy = f"pass lock=False, or {_INSTEAD}"
        if remedy is _JOBLIB and _is_threaded(node):
            continue
        if remedy:
            message = f"{name} needs /dev/shm and raises OSError on Lambda"
            yield Finding("SF205", message, remedy, path, node.lineno)


def _contexts(body: ast.Module, known: calls.Aliases) -> dict[str, str]:
    """Return the names to which a multiprocessing context is assigned; it has the same methods."""
    found = {}
    for node in ast.walk(body):
        if isinstance(node, ast.Assign) and _name(node.value, known) == "multiprocessing":
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = "multiprocessing"
    return found


def _name(node: ast.expr, known: calls.Aliases) -> str:
    if isinstance(node, ast.Call):
        called = calls.dotted(node.func, known)
        return "multiprocessing" if called == "multiprocessing.get_context" else ""
    if isinstance(node, ast.Attribute):
        owner = _name(node.value, known)
        return f"{owner}.{node.attr}" if owner else ""
    return calls.dotted(node, known)


def _is_threaded(node: ast.Call) -> bool:
    return (
        _is(calls.argument(node, 0, "n_jobs"), 1)
        or calls.argument(node, 0, "n_jobs") is None
        or _is(calls.argument(node, 1, "backend"), "threading", "sequential")
        or _is(calls.argument(node, None, "prefer"), "threads")
        or _is(calls.argument(node, None, "require"), "sharedmem")
    )


def _is(node: ast.expr | None, *values: object) -> bool:
    return isinstance(node, ast.Constant) and node.value in values
