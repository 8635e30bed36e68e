"""`rie demo`: example functions on AWS's emulator, called with curl.

A demo is a module here with ``run(demo) -> bool``. Those that need AWS get moto's server, in this
process.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import time

from rie.cli import describe
from rie.console import make_styler
from rie.errors import UserError

# Name → what it shows.
DEMOS = {
    "echo": "an event of EventBridge Scheduler",
    "shell": "a function in bash, with jq",
    "scheduled_scaling": "a database and a service scale up for a nightly batch, and down again",
    "termination_policy": "an Auto Scaling group asks which instances to terminate",
    "eni_cleanup": "a deleted stack's network interfaces are removed",
    "vpc_check": "why a function in a VPC cannot reach its targets",
}
DEFAULT = ("echo", "shell", "scheduled_scaling")
NEXT = """Next:
  make demo SHOW=vpc_check     another demo: {others}
  make run FUNCTION=echo       start a function and keep it running
  make invoke                  in another terminal: post an event to it
  make test                    run every test this machine can run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie demo`."""
    describe(
        parser,
        """Run example functions and show requests, answers and logs.

        Needs curl and jq, no Docker and no AWS account: functions run under AWS's Runtime Interface
        Emulator, and moto stands in for AWS.""",
        examples=["demo", "demo --show vpc_check"],
        exit_codes={0: "every answer was as expected", 1: "an answer was not as expected"},
    )
    parser.add_argument(
        "--show",
        action="append",
        choices=DEMOS,
        metavar="NAME",
        help=f"{', '.join(DEMOS)} (repeatable). [default: {', '.join(DEFAULT)}]",
    )


def execute(args: argparse.Namespace) -> int:
    """Run the demos; 0 when every answer was as expected, else 1."""
    from rie.demo.scene import Demo
    from rie.images.emulator_download import install

    started = time.monotonic()
    style = make_styler(sys.stdout)
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            raise UserError(
                f"the demo needs {tool}, which is not on the PATH",
                f"install it (apt-get install {tool}, yum install {tool}, dnf install {tool}), "
                "then `make demo` again",
            )
    install()  # its progress comes before the first demo
    good = []
    for number, name in enumerate(args.show or DEFAULT, start=1):
        print(style(f"{number}. functions/{name}: {DEMOS[name]}", "bold"))
        module = importlib.import_module(f"rie.demo.{name}")
        good.append(bool(module.run(demo := Demo(name))))
        demo.verdict(good[-1])
    seconds = time.monotonic() - started
    if not all(good):
        print(style(f"The demo failed after {seconds:.1f} s: see above.", "bold red"))
        return 1
    print(style(f"Every answer was as expected; the demo took {seconds:.1f} s.", "bold") + "\n")
    print(NEXT.format(others=", ".join(name for name in DEMOS if name not in DEFAULT)))
    return 0
