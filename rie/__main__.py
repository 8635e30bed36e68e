"""`python -m rie COMMAND`: the local bench's commands; each is a module of this package."""

from __future__ import annotations

import argparse
import importlib
import sys

from rie.console import print_progress
from rie.errors import UserError

COMMANDS = {  # name → module, summary
    "demo": ("demo.command", "run functions under AWS's emulator and show what they answer"),
    "run": ("local.run", "start a function locally, ready for curl"),
    "invoke": ("local.invoke", "post an event to a running or a deployed function"),
    "deploy": ("aws.deploy.command", "create or update a function's stack on AWS"),
    "compare": (
        "compare.command",
        "run a function under AWS's client and under surefoot, and show what differs",
    ),
    "install": ("images.emulator_download", "install AWS's Lambda Runtime Interface Emulator"),
    "image": ("images.image", "build the base image"),
    "push": ("aws.push.command", "push an image to ECR and print its URI by digest"),
    "sbom": ("images.sbom", "write what is in an image, as a CycloneDX document"),
    "audit": ("images.audit", "look for known vulnerabilities of every pinned Python package"),
    "pin": ("images.pin", "pin every base image to the digest that its registry has now"),
    "engine": ("images.engine", "get a container engine"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit code, or 1 for an error that the user can mend."""
    parser = argparse.ArgumentParser(prog="rie", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    chosen = sys.argv[1:] if argv is None else argv
    for name, (where, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name in chosen[:1]:  # the others are named in the help, not loaded
            module = importlib.import_module(f"rie.{where}")
            module.add_arguments(command)
            command.set_defaults(execute=module.execute)
    args = parser.parse_args(chosen)
    try:
        return int(args.execute(args))
    except UserError as error:
        print_progress(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
