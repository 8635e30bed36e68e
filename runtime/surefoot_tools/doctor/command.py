"""``surefoot doctor``: what would stumble on Lambda, before it is there."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from ..profile import summary
from ..profile.problem import Problem
from . import catalogue, ignores, inspection
from .ignores import Ignore
from .image.context import TASK
from .output import json_report, sarif, terminal
from .result import Result

_EPILOG = """\
Inside an image (RUN surefoot doctor) it inspects that image. Findings can also be ignored by a file
.surefoot-doctor.json in the function's folder: {"version": 1, "ignore": {"SF402": "why"}}.

exit codes: 0 no errors · 1 errors were found · 2 wrong usage, or nothing to inspect
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``surefoot doctor``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "folder", nargs="?", metavar="DIR", help="a function's folder, as it will be in /var/task"
    )
    what.add_argument("--root", metavar="DIR", help="a folder that is an image's whole root")
    what.add_argument("--tar", metavar="FILE", help="an image saved by docker, or an OCI layout")
    what.add_argument("--image", metavar="NAME", help="an image of this machine's engine")
    what.add_argument("--explain", metavar="CODE", help="say what a code means, and stop")
    what.add_argument("--list", action="store_true", help="show all codes, and stop")
    parser.add_argument(
        "--handler", default="", metavar="NAME", help="such as app.handler (default: that of CMD)"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[:PATH]=REASON",
        help="do not count a finding, for a reason; PATH may have *; may be given again",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--sarif", metavar="FILE", help="write SARIF for code scanners, too")


def execute(options: argparse.Namespace) -> int:
    """Inspect; the result goes to stdout, all else to stderr."""
    try:
        code = _doctor(options, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it has seen enough; Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Problem as problem:
        print(f"surefoot doctor: error: {problem}", file=sys.stderr)
        return 2
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        print(
            f"surefoot doctor: error: {what}{error.strerror or error}\n"
            "  remedy: name something that can be read, or a place that can be written",
            file=sys.stderr,
        )
        return 2
    return code


def _doctor(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    rules = catalogue.rules()
    paint = terminal.painter(colours=sys.stdout.isatty() and not environ.get("NO_COLOR"))
    if options.list:
        print(terminal.catalogue(list(rules.values())))
        return 0
    if options.explain is not None:
        if options.explain not in rules:
            raise Problem(
                f"there is no check {options.explain!r}", "surefoot doctor --list shows them all"
            )
        print(terminal.explanation(rules[options.explain], summary.width(environ), paint))
        return 0
    result = _inspected(options, ignores.parse(options.ignore, rules), environ)
    if options.sarif:
        with open(options.sarif, "w", encoding="utf-8") as file:
            file.write(sarif.to_sarif(result, rules) + "\n")
    print(
        json_report.to_json(result)
        if options.json
        else terminal.render(result, summary.width(environ), paint)
    )
    return 1 if result.failed else 0


def _inspected(
    options: argparse.Namespace, judged: list[Ignore], environ: Mapping[str, str]
) -> Result:
    handler = options.handler
    if options.folder is not None:
        return inspection.inspect_folder(options.folder, handler, judged)
    if options.tar is not None:
        return inspection.inspect_tar(options.tar, handler, judged)
    if options.image is not None:
        return inspection.inspect_image(options.image, handler, judged)
    if options.root is not None:
        return inspection.inspect_root(options.root, handler, judged)
    if not os.path.isdir(TASK):
        raise Problem(
            f"this is no Lambda image ({TASK} is missing), and nothing is named to inspect",
            "name a function's folder, or see surefoot doctor --help",
        )
    return inspection.inspect_root("/", handler, judged, environ)
