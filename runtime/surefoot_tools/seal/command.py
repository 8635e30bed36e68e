"""``surefoot seal [app.handler]``: the last step of a user's image build.

In this order: modes, bytecode, the doctor, and the record of what a start touches. The doctor comes
before the record, whose making runs the function's init: what cannot start is explained, not run.
"""

from __future__ import annotations

import argparse
import os
import sysconfig
from collections.abc import Sequence

from surefoot import prefetch

from . import bytecode, modes, readahead
from .words import fail, say

_BASE = ("/var/runtime", "/var/lang")
_WIDTH = 100  # of a build log
_NAMED = 5  # paths of changed files that are worth a build log's lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the subcommand."""
    parser.add_argument(
        "handler", nargs="?", default="", help="as in CMD: module.function (its start is recorded)"
    )
    parser.add_argument(
        "--allow-failure",
        action="store_true",
        help="keep what was recorded although init fails in the build (it needs credentials, say)",
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="for init (default: 60)"
    )
    parser.add_argument(
        "--record", default=prefetch.RECORD, metavar="FILE", help="where to (default: %(default)s)"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE=REASON",
        help="a finding of the doctor that you have judged (repeatable)",
    )


def execute(options: argparse.Namespace) -> int:
    """Seal this image; 0, or 1 when the doctor finds an error, init fails, or nothing is written.

    2 for an --ignore that cannot be meant.
    """
    task = os.environ.get("LAMBDA_TASK_ROOT", "")
    if not os.path.isdir(task):
        return fail(
            f"this is no image of a function: LAMBDA_TASK_ROOT is {task or 'not set'}",
            "run it in the image's build, after ENV LAMBDA_TASK_ROOT=/var/task where the base does "
            "not set it; a folder is looked at with: surefoot doctor DIR",
        )
    try:
        _settle(task)
        status = _examine(options)
        if status == 0 and options.handler:
            status = readahead.settle(
                options.handler, options.record, options.timeout, options.allow_failure
            )
    except OSError as error:
        return fail(
            f"{error.filename or options.record}: {error.strerror or error}",
            "seal the image while it is built, as root: RUN surefoot seal HANDLER",
        )
    return status


def _settle(task: str) -> None:
    # What a user's build fills, and then what the base image brought, as far as it is there.
    filled = [task, "/opt", sysconfig.get_path("purelib")]
    tops = [top for top in dict.fromkeys([*filled, *_BASE]) if os.path.isdir(top)]
    changed = modes.settle(tops)
    _tell("modes", len(changed), "settled for the user of Lambda", changed)
    os.umask(0o022)  # bytecode is new files in new folders
    compiled = bytecode.compile_trees(top for top in filled if os.path.isdir(top))
    _tell("bytecode", len(compiled.new), f"compiled, {compiled.current} were current", ())
    for path, reason in list(compiled.failed.items())[:_NAMED]:
        say(f"note: {path} does not compile and stays as it is: {reason}")
    if len(compiled.failed) > _NAMED:
        say(f"note: {len(compiled.failed) - _NAMED} more files do not compile")


def _examine(options: argparse.Namespace) -> int:
    from ..doctor import catalogue, ignores, inspection
    from ..doctor.output import terminal
    from ..profile.problem import Problem

    try:
        result = inspection.inspect_root(
            "/",
            options.handler,
            ignores.parse(options.ignore, catalogue.rules()),
            variables=os.environ,
        )
    except Problem as problem:
        fail(problem.reason, problem.remedy)
        return problem.exit_code
    print(terminal.render(result, _WIDTH, terminal.painter(colours=False)), flush=True)
    if result.failed:
        say("error: the doctor found errors, above; nothing was recorded")
        return 1
    return 0


def _tell(what: str, count: int, done: str, paths: Sequence[str]) -> None:
    named = ", ".join(paths[:_NAMED]) + (", …" if len(paths) > _NAMED else "")
    print(f"{what}: {count} {done}" + (f" ({named})" if named else ""), flush=True)
