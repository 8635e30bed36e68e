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
from collections.abc import Mapping, Sequence
from typing import Any

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
from .tmp_cleanup import remove_new_files

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
        help="if init fails in the build, record what it read until then",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="fail the build if init fails (default: a warning, and nothing is recorded)",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable for init, which is not kept in the image; repeatable",
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

    The exit code is 1 if the doctor finds an error, init fails with --strict or nothing can be
    written, and 2 for a wrong --ignore or --env.
    """
    task = os.environ.get("LAMBDA_TASK_ROOT", "")
    try:
        environ = {**os.environ, **_parse_variables(options.env)}
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
            event = read_event(options.event) if options.event else ""
            with remove_new_files() as identity:
                find_eager(
                    options.handler, options.record, options.timeout, event, environ, identity
                )
                record_start(
                    options.handler,
                    options.record,
                    options.timeout,
                    options.allow_failure,
                    environ=environ,
                    strict=options.strict,
                    identity=identity,
                    event=event,
                )
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
    if compiled.replaced:
        log(
            "seal",
            f"note: {compiled.replaced} of them had bytecode of another form, which stays in the "
            "layer before this one: pip install --no-compile leaves it to the seal",
        )
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


def _parse_variables(words: Sequence[str]) -> dict[str, str]:
    """Read NAME=VALUE words. Raises UserError."""
    variables = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            # Only the name: the rest may be a secret.
            reason = f"--env {name} has no value" if name else "--env has no name"
            raise UserError(reason, "write --env NAME=VALUE", exit_code=2)
        variables[name] = value
    return variables


def record_start(
    handler: str,
    path: str,
    timeout: float,
    allow_failure: bool = False,
    *,
    environ: Mapping[str, str] = os.environ,
    strict: bool = False,
    identity: Mapping[str, Any] | None = None,
    event: str = "",
) -> None:
    """Run the handler's init; write what it loads next to `path` and what it reads to `path`.

    If init fails, what an older seal wrote is removed and a warning logged; `strict` raises
    UserError, and `allow_failure` writes what init loaded and read until it failed.
    """
    failure, facts = "", InitFacts()
    try:
        lines = trace_init(handler, environ, timeout, facts=facts, event=event, identity=identity)
    except InitFailed as failed:
        lines, failure = failed.lines, failed.reason
    if failure and (strict or not allow_failure):
        remove_manifest(path)
        remove_sealed_init(path)
        _report_failure(f"{handler}: {failure}; nothing was recorded", strict=strict)
        return
    sealed = seal_init(facts, path)
    write_manifest([sealed.path, *lines], path)
    _report(sealed.path, sealed.describe())
    if facts.answer.startswith("!"):
        log("seal", f"note: the call with the sample event ended with {facts.answer[1:]}")
    if failure:
        log("seal", f"warning: {handler}: {failure}; recorded what it read until then")
    folders = sum(line.endswith("/") for line in lines)
    _report(path, f"{len(lines) - folders} files and {folders} folders to read ahead")


def _report_failure(reason: str, *, strict: bool) -> None:
    if strict:
        raise UserError(
            reason,
            "give init what it needs (surefoot seal --env NAME=VALUE), or leave out --strict where "
            "it needs AWS or a network",
        )
    log(
        "seal",
        f"warning: {reason}, so starts read no files ahead. If init needs a variable, give one "
        "(surefoot seal --env NAME=VALUE); if it needs AWS or a network, make that call in the "
        "handler, or record what it read until then: --allow-failure. --strict makes this an error",
    )


def _report(what: str, done: str, paths: Sequence[str] = ()) -> None:
    names = ", ".join(paths[:_NAMES_SHOWN]) + (", …" if len(paths) > _NAMES_SHOWN else "")
    print(printable(f"{what}: {done}" + (f" ({names})" if names else "")), flush=True)
