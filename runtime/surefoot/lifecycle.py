"""Functions to call when the execution environment ends, is snapshotted or is restored.

The snapshot hooks behave as those of AWS's snapshot_restore_py, and what a function registered with
that package is honoured in one order with ours. Since July 2026 Lambda takes snapshots of
container images, too, if their label ``com.amazonaws.lambda.feature.snapstart`` is ``Allow``. What
init made exists once in the snapshot and alike in every environment that is restored from it: make
what must be unique, and open what cannot be shared, in ``after_restore``. Sources: AWS Lambda
Developer Guide, "Lambda SnapStart runtime hooks for Python", "Handling uniqueness with Lambda
SnapStart".
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    F = TypeVar("F", bound=Callable[..., Any])
    # What to call, and how many hooks snapshot_restore_py had when it was registered.
    Hook = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], int]

_shutdown: "list[Hook]" = []
_before_snapshot: "list[Hook]" = []
_after_restore: "list[Hook]" = []


def on_shutdown(func: "F", *args: "Any", **kwargs: "Any") -> "F":
    """Call ``func`` when the execution environment ends; usable as a decorator.

    The last one registered is called first, each once, whatever the others do; a coroutine function
    is awaited. Lambda announces the end only to functions with an extension, and gives them 2
    seconds (500 ms if all extensions are internal). Source: AWS Lambda Developer Guide,
    "Understanding the Lambda execution environment lifecycle", shutdown phase.

    :param args: arguments for func, like ``kwargs``
    :returns: func
    :raises TypeError: func cannot be called
    """
    _shutdown.append(_hook("on_shutdown", func, args, kwargs, 0))
    return func


def before_snapshot(func: "F", *args: "Any", **kwargs: "Any") -> "F":
    """Call ``func`` before SnapStart takes its snapshot; usable as a decorator.

    The last one registered is called first. If one raises, the function fails to initialise
    (Runtime.BeforeSnapshotError).

    :param args: arguments for func, like ``kwargs``
    :returns: func
    :raises TypeError: func cannot be called
    """
    aws_hook_count = len(_registered("get_before_snapshot"))
    _before_snapshot.append(_hook("before_snapshot", func, args, kwargs, aws_hook_count))
    return func


def after_restore(func: "F", *args: "Any", **kwargs: "Any") -> "F":
    """Call ``func`` after each restore from the snapshot; usable as a decorator.

    The first one registered is called first. All together have 10 seconds; if one raises, the
    environment does not start (Runtime.AfterRestoreError).

    :param args: arguments for func, like ``kwargs``
    :returns: func
    :raises TypeError: func cannot be called
    """
    aws_hook_count = len(_registered("get_after_restore"))
    _after_restore.append(_hook("after_restore", func, args, kwargs, aws_hook_count))
    return func


def run_shutdown(log_to_operator: "Callable[[str], None]") -> None:
    """Call the shutdown hooks: for the runtime. A second call finds none left.

    :param log_to_operator: logs the hooks that raise
    """
    while _shutdown:
        hook = _shutdown.pop()
        try:
            _call(hook)
        except BaseException as error:
            # sys.exit() in a hook, too: we are leaving anyway, and the others have work to do.
            from ._runtime.late import report_of

            report = report_of(error)
            name = getattr(hook[0], "__qualname__", None) or type(hook[0]).__name__
            headline = f"the shutdown hook {name} failed: {report.kind}: {report.message}"
            log_to_operator("\n".join([headline, *(line.rstrip("\n") for line in report.stack)]))


def run_before_snapshot() -> None:
    """Call the before-snapshot hooks, ours and snapshot_restore_py's: for the runtime.

    :raises BaseException: whatever a hook raises; those registered before it are not called
    """
    aws_hooks = _registered("get_before_snapshot")
    while _before_snapshot or aws_hooks:
        is_ours_last = _before_snapshot and _before_snapshot[-1][3] >= len(aws_hooks)
        _call((_before_snapshot if is_ours_last else aws_hooks).pop())


def run_after_restore() -> None:
    """Call the after-restore hooks, ours and snapshot_restore_py's: for the runtime.

    :raises BaseException: whatever a hook raises; those registered after it are not called
    """
    for hook in _in_order(_after_restore, _registered("get_after_restore")):
        _call(hook)


def _hook(
    where: str, func: "Any", args: "tuple[Any, ...]", kwargs: "dict[str, Any]", aws_hook_count: int
) -> "Hook":
    if not callable(func):
        raise TypeError(
            f"{where}() got {func!r}, which cannot be called; pass the function itself, and its "
            f"arguments after it: {where}(close, connection)."
        )
    return func, args, kwargs, aws_hook_count


def _registered(getter: str) -> "list[Any]":
    """Return snapshot_restore_py's list of (func, args, kwargs), empty if it is not imported."""
    module = sys.modules.get("snapshot_restore_py")
    hooks: list[Any] = [] if module is None else getattr(module, getter)()
    return hooks


def _in_order(ours: "list[Hook]", aws_hooks: "list[Any]") -> "Iterator[Any]":
    # The lists are read as they grow: a hook may register another.
    mine = other = 0
    while mine < len(ours) or other < len(aws_hooks):
        if mine < len(ours) and (ours[mine][3] <= other or other >= len(aws_hooks)):
            yield ours[mine]
            mine += 1
        else:
            yield aws_hooks[other]
            other += 1


def _call(hook: "Any") -> None:
    func, args, kwargs = hook[:3]
    result = func(*args, **kwargs)
    if hasattr(result, "__await__"):
        # On the loop that the handlers ran on, where what the hook closes was opened.
        from ._runtime.handlers.coroutine import run

        run(result)
