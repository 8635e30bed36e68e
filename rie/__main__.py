"""`python -m rie COMMAND`."""

from __future__ import annotations

import difflib
import importlib
import sys
from typing import NamedTuple

from rie.cli import PROGRAM, WRONG_USAGE, CommandParser
from rie.console import print_error
from rie.errors import UserError


class Command(NamedTuple):
    """A module with add_arguments() and execute(), and its summary. It is imported when it runs."""

    module: str
    summary: str


GROUPS = {
    "Functions on this machine": {
        "demo": Command("demo.command", "Run example functions and show their answers."),
        "run": Command("local.run", "Start a function and keep it running."),
        "invoke": Command("local.invoke", "Post an event to a running or a deployed function."),
        "compare": Command("compare.command", "Compare a function on surefoot and awslambdaric."),
    },
    "Images": {
        "image": Command("images.image", "Build the base image."),
        "sbom": Command("images.sbom", "List the contents of an image as CycloneDX."),
        "pin": Command("images.pin", "Pin base images to their current digests."),
        "audit": Command("images.audit", "Check pinned packages for known vulnerabilities."),
        "engine": Command("images.engine", "Install and start a container engine."),
        "emulation": Command("images.emulation", "Enable builds for the other architecture."),
        "install": Command("images.emulator_download", "Download AWS's emulator (RIE)."),
    },
    "AWS": {
        "push": Command("aws.push.command", "Push an image to Amazon ECR."),
        "publish-runtime": Command(
            "aws.publish.command", "Publish the base image as a runtime for .zip functions."
        ),
        "deploy": Command("aws.deploy.command", "Create, update or delete a function's stack."),
    },
}
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}
WIDTH = max(map(len, COMMANDS))


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code, 1 for an error that the user can correct."""
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in {"--help", "-h"}:
        print(_format_help())
        return 0
    if name not in COMMANDS:
        return _report_unknown(name)
    module = importlib.import_module(f"rie.{COMMANDS[name].module}")
    parser = CommandParser(f"{PROGRAM} {name}")
    module.add_arguments(parser)
    args = parser.parse_args(rest)
    try:
        return int(module.execute(args))
    except UserError as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        return 130


def _format_help() -> str:
    lines = [
        f"Usage: {PROGRAM} COMMAND [OPTIONS]",
        "",
        "  Run, compare, push and deploy Lambda functions, and build their images.",
    ]
    for title, commands in GROUPS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:{WIDTH}} {command.summary}" for name, command in commands.items()]
    lines += ["", "Options:", "  --help, -h  Show this message and exit."]
    lines += ["", f"'{PROGRAM} COMMAND --help' describes a command."]
    return "\n".join(lines)


def _report_unknown(name: str) -> int:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    print(
        f"Usage: {PROGRAM} COMMAND [OPTIONS]\nTry '{PROGRAM} --help' for help.\n\n"
        f"error: there is no command {name!r}.{hint}",
        file=sys.stderr,
    )
    return WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())
