"""`rie run`: starts a function and keeps it running until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import signal
from typing import NoReturn, TypedDict

from rie.cli import describe, positive_int
from rie.console import print_progress
from rie.function import Function, find
from rie.local.environment import add_env_argument, parse_variables


class Options(TypedDict):
    """What both ways of running take: MB of memory, seconds of time, the function's variables."""

    port: int
    memory_mb: int
    timeout_s: int
    variables: dict[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie run`."""
    describe(
        parser,
        """Start a function and keep it running until Ctrl-C.

        FUNCTION is a name in functions/ or a directory. With a container engine the function's
        image is built and runs in a sandbox like Lambda's: another user, a read-only root, a memory
        limit. Without one the function runs as a process of this machine's Python. Both are served
        by AWS's Runtime Interface Emulator.""",
        examples=["run echo", "run ./my-function --memory 1024 --env TABLE=orders"],
    )
    parser.add_argument("function", metavar="FUNCTION", help="Name in functions/, or a directory.")
    parser.add_argument(
        "--handler",
        metavar="NAME",
        help="module.function. [default: the CMD of the function's Dockerfile]",
    )
    parser.add_argument("--port", type=int, default=8080, help="Port on loopback. [default: 8080]")
    parser.add_argument(
        "--memory",
        type=positive_int,
        default=512,
        metavar="MB",
        help="Memory, which also sets the CPU share. [default: 512]",
    )
    parser.add_argument(
        "--timeout",
        type=positive_int,
        default=60,
        metavar="SECONDS",
        help="Time limit of an invocation. [default: 60]",
    )
    add_env_argument(parser)
    parser.add_argument(
        "--moto",
        action="store_true",
        help="Run against a simulated AWS (moto) with what the function's examples need; as "
        "--process.",
    )
    parser.add_argument(
        "--process",
        action="store_true",
        help="Run without a container, even if there is an engine.",
    )


def execute(args: argparse.Namespace) -> int:
    """Run the function; 0 after Ctrl-C or SIGTERM, else the container's own status."""
    function = find(args.function, args.handler)
    options = Options(
        port=args.port,
        memory_mb=args.memory,
        timeout_s=args.timeout,
        variables=parse_variables(args.env),
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if args.moto:
            _with_moto(function, options)
        if args.process:
            _in_process(function, options)
        return _in_container(function, options)
    except KeyboardInterrupt:
        print_progress("Stopped.")
    return 0


def _interrupt(number: int, frame: object) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _in_container(function: Function, options: Options) -> int:
    from rie.images.engine import EngineError

    try:
        return _in_sandbox(function, options)
    except EngineError as error:
        print_progress(f"note: {error}")
        _in_process(function, options)


def _in_sandbox(function: Function, options: Options) -> int:
    """Build the function's image on the newest surefoot image and run it until it ends.

    Returns the container's exit status; KeyboardInterrupt passes through after the container is
    gone. Raises UserError: EngineError without an engine, others for a failed build or start.
    """
    from rie.images.engine import connect
    from rie.images.image import build_function
    from rie.local.client import PATH
    from rie.local.sandbox import Sandbox

    with contextlib.closing(connect()) as client:
        image = build_function(client, function)
    with Sandbox(image, function, **options) as sandbox:
        print_progress(
            f"{function.name} runs in {image} as on Lambda ({options['memory_mb']} MB). Now type:"
        )
        print_progress(f"  curl -XPOST http://localhost:{options['port']}{PATH} -d '{{}}'")
        print_progress("Ctrl-C ends it.")
        return sandbox.wait()


def _with_moto(function: Function, options: Options) -> NoReturn:
    """Run the function as a process, with moto as AWS in this one."""
    from rie.demo.aws.examples import prepare
    from rie.demo.aws.moto_server import local_aws

    with local_aws() as variables:
        own = prepare(function.name)
        options["variables"] = {**variables, **own, **options["variables"]}
        print_progress("AWS is moto in this process, with what the examples need; it forgets all.")
        _in_process(function, options)


def _in_process(function: Function, options: Options) -> NoReturn:
    from rie.local.client import PATH
    from rie.local.official_rie import OfficialRie

    print_progress(
        "Process mode: this machine's Python and files, no read-only root, no memory limit."
    )
    with OfficialRie(function, **options) as emulator:
        while True:
            print_progress(f"{function.name} is ready ({function.handler}). Now type:")
            print_progress(f"  curl -XPOST http://localhost:{emulator.port}{PATH} -d '{{}}'")
            print_progress("Ctrl-C ends it.")
            status = emulator.wait()
            print_progress(
                f"The emulator ended with status {status}; it crashes when two invocations "
                "overlap, or after a caller gave up. Starting it again …"
            )
            emulator.stop()  # its runtime may have outlived it
            emulator.start()
