"""`make demo`: functions under AWS's emulator, called with curl, and what they answer.

A scene is a module here with ``run(demo) -> bool``; the ones that need AWS have moto's server for
it, in this process.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import time

from rie.console import colours, paint
from rie.errors import UserError

# Name → what it shows. Without a choice the first ones are played.
DEMOS = {
    "echo": "a schedule of EventBridge fires",
    "shell": "a function in bash, with jq",
    "scheduled_scaling": "a night: a database and a service grow for a batch, and shrink again",
    "termination_policy": "an Auto Scaling group asks which instances to end",
    "eni_cleanup": "a stack is deleted, and its function's network interfaces with it",
    "vpc_check": "why a function in a VPC reaches nothing",
}
DEFAULT = ("echo", "shell", "scheduled_scaling")
NEXT = """What you can type next:
  make demo SHOW=vpc_check     another scene: {others}
  make run FUNCTION=echo       start a function and keep it running
  make invoke                  in another terminal: post an event to it
  make test                    run every test this machine can run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe `python -m rie demo`."""
    parser.add_argument(
        "--show",
        action="append",
        choices=DEMOS,
        metavar="SCENE",
        help=f"{', '.join(DEMOS)} (default: {', '.join(DEFAULT)}; may be given again)",
    )


def execute(args: argparse.Namespace) -> int:
    """Play every scene; 0 when each answered as it must, else 1."""
    from rie.demo.scene import Demo
    from rie.images.emulator_download import install

    started = time.monotonic()
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            raise UserError(
                f"the demo needs {tool}, which is not on the PATH",
                f"install it (apt-get install {tool}, yum install {tool}, dnf install {tool}), "
                "then `make demo` again",
            )
    install()  # its progress comes before the first scene
    good = []
    for number, name in enumerate(args.show or DEFAULT, start=1):
        print(bold(f"{number}. functions/{name}: {DEMOS[name]}"))
        module = importlib.import_module(f"rie.demo.{name}")
        good.append(bool(module.run(demo := Demo(name))))
        demo.verdict(good[-1])
    seconds = time.monotonic() - started
    if not all(good):
        print(bold(f"The demo failed after {seconds:.1f} s: see above."))
        return 1
    print(bold(f"Every answer was as expected; the demo took {seconds:.1f} s.\n"))
    print(NEXT.format(others=", ".join(name for name in DEMOS if name not in DEFAULT)))
    return 0


def bold(text: str) -> str:
    """`text` in bold on a terminal that takes it."""
    return paint(text, "bold", enabled=colours(sys.stdout))
