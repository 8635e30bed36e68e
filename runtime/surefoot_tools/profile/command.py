"""The ``surefoot profile`` command: its options, its runs and its output."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..console import UserError, line_width, log, report_error, wants_colours
from .runner import Run
from .server import Failure

if TYPE_CHECKING:
    from .launch import Launch
    from .model import Profile

_EPILOG = """\
The function is started by the image's own bootstrap and answers one invocation per run: one run for
details (imports, files and calls), then --runs runs for times. Its handler is called N+1 times,
with all its effects. Bytecode is never written, because Lambda's disk is read-only. Files are in
the page cache, which they are not on a new Lambda host.

exit codes: 0 profiled · 1 init or the invocation failed · 2 wrong usage or invalid event
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``surefoot profile``."""
    parser.epilog = _EPILOG
    parser.add_argument("handler", metavar="HANDLER", help="as in CMD, such as app.handler")
    parser.add_argument(
        "--event", default="{}", metavar="EVENT", help="file, - for stdin, or JSON (default: {})"
    )
    parser.add_argument(
        "--runs", type=_count, default=3, metavar="N", help="runs for times (default: 3)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="for init and invocation of each run (default: 60)",
    )
    parser.add_argument("--html", metavar="FILE", help="write a page with a timeline")
    parser.add_argument(
        "--json",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write JSON to FILE, or print it instead of the table",
    )
    parser.add_argument(
        "--compare",
        action="store_true",
        help="also start it without its sealed init and, on Python 3.15, with lazy imports",
    )
    parser.add_argument(
        "--top", type=_count, default=15, metavar="N", help="imports in the table (default: 15)"
    )


def execute(options: argparse.Namespace) -> int:
    """Profile; the result goes to stdout, everything else to stderr."""
    try:
        return _profile(options, os.environ)
    except UserError as error:
        return report_error("profile", error)


def _profile(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from .advice import advise
    from .build import build_profile
    from .evidence import collect_evidence
    from .launch import launch_command
    from .probe_events import parse_events
    from .runner import run

    event = read_event(options.event)
    launch = launch_command(options.handler, environ, os.getcwd())
    count = options.runs + 1
    log("profile", f"run 1 of {count}: imports, files and calls")
    detailed = run(launch, event, options.timeout, probed=True)
    _show_output(detailed)
    _require_answer(detailed, shown=True)
    runs = []
    for number in range(2, count + 1):
        log("profile", f"run {number} of {count}: times")
        runs.append(run(launch, event, options.timeout))
        _require_answer(runs[-1], shown=False)
    details = parse_events(detailed.probe)
    profile, origin = build_profile(launch, runs, detailed, details)
    profile.advice = advise(collect_evidence(profile, details, origin))
    _write(profile, options, environ)
    if options.compare:
        _compare(options, launch, event)
    if profile.failure is not None:
        log("profile", f"error: {_describe_failure(runs[0].failure or detailed.failure)}")
        return 1
    return 0


def _write(profile: Profile, options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    from . import model, page, summary

    if options.html:
        _save(options.html, page.render(profile))
    if options.json == "-":
        print(model.to_json(profile))
        return
    if options.json:
        _save(options.json, model.to_json(profile) + "\n")
    colours = wants_colours(sys.stdout, environ)
    print(summary.render(profile, top=options.top, width=line_width(environ), colours=colours))
    if options.html:
        log("profile", f"page: {options.html}")


def _compare(options: argparse.Namespace, launch: Launch, event: bytes) -> None:
    from .comparison import compare, render
    from .runner import run

    def start(launch: Launch) -> Run:
        found = run(launch, event, options.timeout)
        _require_answer(found, shown=False)
        return found

    log("profile", f"comparing: {options.runs} more runs of each")
    found = compare(launch, options.runs, start)
    # With JSON on stdout, the table is for people.
    print(render(found, options.top), file=sys.stderr if options.json == "-" else sys.stdout)


def read_event(word: str) -> bytes:
    """Return the event that ``--event`` names.

    :raises UserError: it cannot be read, or is not JSON
    """
    try:
        if word == "-":
            event = sys.stdin.buffer.read()
        elif os.path.exists(word):
            with open(word, "rb") as file:
                event = file.read()
        else:
            event = os.fsencode(word)
    except OSError as error:
        raise UserError(
            f"cannot read the event {word}: {error.strerror}", "name a readable file", 2
        ) from error
    try:
        json.loads(event)
    except (ValueError, RecursionError) as error:
        what = "stdin" if word == "-" else repr(word)
        raise UserError(
            f"the event from {what} is not JSON ({error})",
            "name an existing file, - for stdin, or write JSON in single quotes",
            2,
        ) from error
    return event


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _show_output(run: Run) -> None:
    from .importtime import parse

    for what, text in (("stdout", run.stdout), ("stderr", parse(run.stderr).output)):
        for line in text.decode("utf-8", "replace").splitlines():
            log("profile", f"function {what} | {line}")


def _require_answer(run: Run, *, shown: bool) -> None:
    """Raise UserError if the run shows nothing to profile: init failed, or there is no answer."""
    failure = run.failure
    if failure is None or (failure.phase != "init" and run.end_ns):
        return
    if not shown:
        _show_output(run)
    remedy = "correct the function's init"
    if failure.phase != "init":
        remedy = "see the function's output above; a profile needs an invocation that ends"
    raise UserError(_describe_failure(failure), remedy)


def _describe_failure(failure: Failure | None) -> str:
    if failure is None:
        return "the invocation failed in one of the runs"
    where = "init failed" if failure.phase == "init" else "the invocation failed"
    stack = "".join(f"\n  {line.rstrip()}" for line in failure.stack)
    return f"{where}: {failure.kind}: {failure.message}{stack}"


def _save(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror}",
            "name a writable path, such as one in /tmp; in a container, one that is mounted",
        ) from error
