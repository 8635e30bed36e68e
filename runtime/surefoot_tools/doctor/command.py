"""The ``surefoot doctor`` command: its options and its output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping

from ..console import UserError, line_width, painter, report_error, wants_colours
from .context import DEFAULT_BASE, TASK, load_check_data
from .finding import Result
from .ignores import parse_ignores
from .inspection import inspect_folder, inspect_image, inspect_root, inspect_tar
from .output.json_report import to_json
from .output.sarif import to_sarif
from .output.terminal import render, render_rule, render_rules
from .rules import RULES

_EPILOG = """\
In an image's build (RUN surefoot doctor) it inspects that image. To ignore a finding, use --ignore
or a file .surefoot-doctor.json in the function's folder:
{"version": 1, "ignore": {"SF402": "reason"}}

exit codes: 0 no errors · 1 errors found · 2 wrong usage, or nothing to inspect
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``surefoot doctor``."""
    parser.epilog = _EPILOG
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "folder", nargs="?", metavar="DIR", help="the function's folder, the future /var/task"
    )
    target.add_argument("--root", metavar="DIR", help="folder with an image's root file system")
    target.add_argument("--tar", metavar="FILE", help="image from docker save, or an OCI layout")
    target.add_argument("--image", metavar="NAME", help="image of the local Docker or Podman")
    target.add_argument("--explain", metavar="CODE", help="explain a code and exit")
    target.add_argument("--list", action="store_true", help="list all codes and exit")
    parser.add_argument(
        "--handler", default="", metavar="NAME", help="such as app.handler (default: from CMD)"
    )
    parser.add_argument(
        "--base",
        choices=list(load_check_data()["libraries"]),
        default=DEFAULT_BASE,
        help="base image that DIR is for (default: %(default)s)",
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[:PATH]=REASON",
        help="ignore a finding; PATH may contain *; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.add_argument("--sarif", metavar="FILE", help="also write SARIF for code scanners")


def execute(options: argparse.Namespace) -> int:
    """Inspect; the result goes to stdout, everything else to stderr."""
    try:
        code = _run(options, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe; without this, Python complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except UserError as error:
        return report_error("doctor", error)
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        reason = f"{what}{error.strerror or error}"
        remedy = "name a path that can be read, or a file that can be written"
        return report_error("doctor", UserError(reason, remedy, 2))
    return code


def _run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    paint = painter(colours=wants_colours(sys.stdout, environ))
    if options.list:
        print(render_rules(RULES))
        return 0
    if options.explain is not None:
        code = options.explain.upper()
        if code not in RULES:
            raise UserError(
                f"unknown code {options.explain!r}", "run surefoot doctor --list to see all", 2
            )
        print(render_rule(code, RULES[code], line_width(environ), paint))
        return 0
    result = _inspect(options, environ)
    if options.sarif:
        with open(options.sarif, "w", encoding="utf-8") as file:
            file.write(to_sarif(result) + "\n")
    print(to_json(result) if options.json else render(result, line_width(environ), paint))
    return 1 if result.failed else 0


def _inspect(options: argparse.Namespace, environ: Mapping[str, str]) -> Result:
    handler, ignores = options.handler, parse_ignores(options.ignore)
    if options.folder is not None:
        return inspect_folder(options.folder, handler, ignores, options.base)
    if options.tar is not None:
        return inspect_tar(options.tar, handler, ignores)
    if options.image is not None:
        return inspect_image(options.image, handler, ignores)
    if options.root is not None:
        return inspect_root(options.root, handler, ignores)
    if not os.path.isdir(TASK):
        raise UserError(
            f"nothing to inspect: this is not a Lambda image ({TASK} is missing)",
            "name a function's folder, or see surefoot doctor --help",
            2,
        )
    return inspect_root("/", handler, ignores, environ)
