"""The ``surefoot seal`` command: the last step of an image's build.

In this order: modes, bytecode, the doctor, and the manifest of what a start reads. The doctor comes
before the manifest, because making it runs the function's init: what cannot start is explained
instead.
"""

from __future__ import annotations

import argparse
import json
import os
import sysconfig
from collections.abc import Sequence

from surefoot._runtime.readahead import RECORD

from ..console import UserError, log, painter, printable, report_error
from .bytecode import compile_trees
from .init_facts import InitFacts
from .lazy_trial import find_eager
from .modes import fix_permissions
from .only_services import remove_other_services
from .readahead.init_trace import InitFailed, trace_init
from .readahead.manifest import remove_manifest, write_manifest
from .sealed_init import remove_sealed_init, seal_init

_BASE = ("/var/runtime", "/var/lang")
_EXTENSIONS = "/opt/extensions"
_WIDTH = 100  # columns of a build log
_NAMES_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``surefoot seal``."""
    parser.add_argument(
        "handler",
        nargs="?",
        default="",
        metavar="HANDLER",
        help="as in CMD, such as app.handler; without it, nothing is recorded for reading ahead",
    )
    parser.add_argument(
        "--allow-failure",
        action="store_true",
        help="if init fails in the build (it needs credentials, say), keep what it read until then",
    )
    parser.add_argument(
        "--only-services",
        metavar="NAMES",
        help="remove botocore's models of all services but these (ecs,docdb)",
    )
    parser.add_argument(
        "--event",
        metavar="FILE",
        help="JSON; after init the function is called with it, without a network, and what that "
        "loads is sealed, too",
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="for init (default: 60)"
    )
    parser.add_argument(
        "--record", default=RECORD, metavar="FILE", help="file to write (default: %(default)s)"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[:PATH]=REASON",
        help="ignore a finding of the doctor; repeatable",
    )


def execute(options: argparse.Namespace) -> int:
    """Seal this image.

    The exit code is 1 if the doctor finds an error, init fails or nothing can be written, and 2 for
    a wrong --ignore.
    """
    task = os.environ.get("LAMBDA_TASK_ROOT", "")
    try:
        if not os.path.isdir(task):
            raise UserError(
                f"this is not a function's image: LAMBDA_TASK_ROOT is {task or 'not set'}",
                "run it in the image's build, after ENV LAMBDA_TASK_ROOT=/var/task if the base "
                "image does not set it; to inspect a folder, run surefoot doctor DIR",
            )
        if options.only_services:
            _remove_services(task, options.only_services)
        _fix_files(task)
        _run_doctor(options)
        if options.handler:
            allow_failure = options.allow_failure
            event = read_event(options.event) if options.event else ""
            find_eager(options.handler, options.record, options.timeout, event)
            record_start(options.handler, options.record, options.timeout, allow_failure, event)
    except UserError as error:
        return report_error("seal", error)
    except OSError as error:
        reason = f"{error.filename or options.record}: {error.strerror or error}"
        remedy = "seal the image in its build, as root: RUN surefoot seal HANDLER"
        return report_error("seal", UserError(reason, remedy))
    return 0


def _fix_files(task: str) -> None:
    # First what the user's build writes, then what the base image brings, as far as it exists.
    written = [task, "/opt", sysconfig.get_path("purelib")]
    tops = [top for top in dict.fromkeys([*written, *_BASE]) if os.path.isdir(top)]
    changed = fix_permissions(tops, _extensions())
    _report("modes", f"{len(changed)} changed for Lambda's user", changed)
    os.umask(0o022)  # bytecode is new files in new folders
    compiled = compile_trees(top for top in written if os.path.isdir(top))
    _report("bytecode", f"{len(compiled.new)} compiled, {compiled.current} already current")
    for path, reason in list(compiled.failed.items())[:_NAMES_SHOWN]:
        log("seal", f"note: {path} does not compile and is left as it is: {reason}")
    if len(compiled.failed) > _NAMES_SHOWN:
        log("seal", f"note: {len(compiled.failed) - _NAMES_SHOWN} more files do not compile")


def _remove_services(task: str, names: str) -> None:
    wanted = [name.strip() for name in names.split(",")]
    removed = remove_other_services([task, "/opt", sysconfig.get_path("purelib")], wanted)
    _report("services", f"{removed.services} removed, {removed.size / 1e6:.1f} MB")


def _extensions() -> list[str]:
    """Return the files that Lambda starts as extensions, which must be executable."""
    if not os.path.isdir(_EXTENSIONS):
        return []
    return [os.path.join(_EXTENSIONS, name) for name in os.listdir(_EXTENSIONS)]


def _run_doctor(options: argparse.Namespace) -> None:
    from ..doctor.ignores import parse_ignores
    from ..doctor.inspection import inspect_root
    from ..doctor.output.terminal import render

    ignores = parse_ignores(options.ignore)
    result = inspect_root("/", options.handler, ignores, variables=os.environ)
    print(render(result, _WIDTH, painter(colours=False)), flush=True)
    if result.failed:
        raise UserError(
            "the doctor found errors, see above; nothing was recorded",
            "correct them, or ignore a finding with --ignore CODE=REASON",
        )


def read_event(path: str) -> str:
    """Return the JSON text in the file. Raises UserError if it is not JSON, or OSError."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        json.loads(text)
    except ValueError as error:
        raise UserError(
            f"{path} is not JSON: {error}", "give a file with one sample event"
        ) from None
    return text


def record_start(
    handler: str, path: str, timeout: float, allow_failure: bool, event: str = ""
) -> None:
    """Run the handler's init and write the manifest of what it reads to `path`.

    If init fails, an older manifest is removed and UserError raised, unless `allow_failure`.
    """
    failure, facts = "", InitFacts()
    try:
        lines = trace_init(handler, os.environ, timeout, facts=facts, event=event)
    except InitFailed as failed:
        lines, failure = failed.lines, failed.reason
    if failure and not allow_failure:
        remove_manifest(path)
        remove_sealed_init(path)
        raise UserError(
            f"{handler}: {failure}; nothing was recorded",
            "make init work without network and credentials, or record what it reads until it "
            "fails: surefoot seal --allow-failure",
        )
    sealed = seal_init(facts, path)
    write_manifest([sealed.path, *lines], path)
    _report(sealed.path, sealed.describe())
    if facts.answer.startswith("!"):
        log("seal", f"note: the call with the sample event ended with {facts.answer[1:]}")
    if failure:
        log("seal", f"warning: {handler}: {failure}; recorded what it read until then")
    folders = sum(line.endswith("/") for line in lines)
    _report(path, f"{len(lines) - folders} files and {folders} folders to read ahead")


def _report(what: str, done: str, paths: Sequence[str] = ()) -> None:
    names = ", ".join(paths[:_NAMES_SHOWN]) + (", …" if len(paths) > _NAMES_SHOWN else "")
    print(printable(f"{what}: {done}" + (f" ({names})" if names else "")), flush=True)
