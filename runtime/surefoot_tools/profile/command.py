"""``surefoot profile``: its options, its runs, its output."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from .problem import Problem
from .runner import Run
from .server import Failure

if TYPE_CHECKING:
    from .model import Profile

_EPILOG = """\
The function is started with the image's own bootstrap and answers one invocation in each run: one
run for details (imports, files and calls, which takes longer), then --runs runs for times. So its
handler is called N+1 times, with all its effects. Bytecode is never written, as on Lambda, where
the disk is read-only; files are in the page cache, which they are not on a fresh Lambda host.

exit codes: 0 profiled · 1 init or the invocation failed · 2 wrong usage or no JSON event
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``surefoot profile``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument("handler", help="such as app.handler, as in the image's CMD")
    parser.add_argument(
        "--event", default="{}", metavar="EVENT", help="a file, - for stdin, or JSON (default: {})"
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
        "--top", type=_count, default=15, metavar="N", help="imports in the table (default: 15)"
    )


def execute(options: argparse.Namespace) -> int:
    """Profile; the result goes to stdout, all else to stderr."""
    try:
        return _profile(options, os.environ)
    except Problem as problem:
        _say(f"error: {problem}")
        return problem.exit_code


def _profile(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from .advice import advise
    from .build import build
    from .evidence import gather
    from .launch import prepare
    from .probe_events import collect
    from .runner import run

    event = read_event(options.event)
    launch = prepare(options.handler, environ, os.getcwd())
    count = options.runs + 1
    _say(f"run 1 of {count}: imports, files and calls")
    detailed = run(launch, event, options.timeout, probed=True)
    _check(detailed)
    runs = []
    for number in range(2, count + 1):
        _say(f"run {number} of {count}: times")
        runs.append(run(launch, event, options.timeout))
        _check(runs[-1], quiet=True)
    details = collect(detailed.probe)
    profile, areas = build(launch, runs, detailed, details)
    profile.advice = advise(gather(profile, details, areas))
    _write(profile, options, environ)
    if profile.failure is not None:
        _say(f"error: {_told(runs[0].failure or detailed.failure)}")
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
    width = summary.width(environ)
    print(
        summary.render(profile, top=options.top, width=width, colours=_colours(sys.stdout, environ))
    )
    if options.html:
        _say(f"page: {options.html}")


def read_event(word: str) -> bytes:
    """Return the event that ``--event`` means.

    :raises Problem: it cannot be read or is no JSON
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
        raise Problem(
            f"cannot read the event {word}: {error.strerror}", "name a readable file", 2
        ) from error
    try:
        json.loads(event)
    except ValueError as error:
        what = "stdin" if word == "-" else repr(word)
        raise Problem(
            f"the event from {what} is not JSON ({error})",
            "name an existing file, - for stdin, or write JSON in single quotes",
            2,
        ) from error
    return event


def _count(word: str) -> int:
    number = int(word)
    if number < 1:
        raise argparse.ArgumentTypeError("it takes 1 or more")
    return number


def _check(run: Run, *, quiet: bool = False) -> None:
    """Show what the function wrote; stop when there is nothing to profile."""
    failure = run.failure
    fatal = failure is not None and (failure.phase == "init" or not run.end_ns)
    if fatal or not quiet:
        from .importtime import parse

        for what, text in (("stdout", run.stdout), ("stderr", parse(run.stderr).output)):
            for line in text.decode("utf-8", "replace").splitlines():
                _say(f"  function {what} | {line}")
    if fatal:
        raise Problem(
            _told(failure),
            "see the function's own output above; the profile needs an init and an invocation that "
            "end"
            if failure is not None and failure.phase != "init"
            else "mend the function's init first",
        )


def _told(failure: Failure | None) -> str:
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
        raise Problem(
            f"cannot write {path}: {error.strerror}",
            "name a place that can be written, such as /tmp; in a container, one that is mounted",
        ) from error


def _colours(stream: TextIO, environ: Mapping[str, str]) -> bool:
    return stream.isatty() and not environ.get("NO_COLOR")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
