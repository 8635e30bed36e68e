"""The options of `rie run`."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path

from rie.cli import describe, positive_int
from rie.local.environment import add_env_argument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie run`."""
    describe(
        parser,
        """Start a function and keep it running until Ctrl-C.

        FUNCTION is a name in functions/ or a directory. With a container engine the function's
        image is built and runs in a sandbox like Lambda's: another user, a read-only root, a memory
        limit. Without one the function runs as a process of this machine's Python. The emulator
        speaks Lambda's API: boto3, the AWS CLI and curl invoke functions by name.

        Several functions run at once: echo,shell or all.

        A .zip file, or a directory with --layer, runs as on a runtime of the account
        (`rie publish-runtime`): its content is /var/task, that of the layers is /opt.""",
        examples=[
            "run echo",
            "run ./my-function --memory 1024 --env TABLE=orders",
            "run all",
            "run function.zip --handler app.handler --layer layer.zip",
        ],
    )
    parser.add_argument(
        "function",
        metavar="FUNCTION",
        help="Name in functions/, a directory or a .zip file; several with commas, or all.",
    )
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
        "--env-file", metavar="FILE", help="Set variables from a file of NAME=VALUE lines."
    )
    parser.add_argument(
        "--opt",
        type=Path,
        metavar="FOLDER",
        help="Have FOLDER as /opt: layers (python/), wrappers, extensions/; implies --process.",
    )
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
    parser.add_argument(
        "--official",
        action="store_true",
        help="Use AWS's Runtime Interface Emulator: one function, one invocation at a time.",
    )
    _add_package_arguments(parser.add_argument_group("Functions in .zip files"))
    _add_emulator_arguments(parser.add_argument_group("Without --official"))


def _add_package_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="PATH",
        help="A layer, a .zip file or a directory, laid over earlier ones (up to five).",
    )
    group.add_argument(
        "--runtime-image",
        metavar="NAME",
        help="The image that is the runtime. [default: surefoot:latest]",
    )


def _add_emulator_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--watch", action="store_true", help="Start the function again when a file of it changes."
    )
    group.add_argument(
        "--debug",
        type=positive_int,
        metavar="PORT",
        help="Start under debugpy and wait for a debugger on this port; implies --process.",
    )
    group.add_argument(
        "--max-environments",
        type=positive_int,
        default=10,
        metavar="N",
        help="Invocations of a function at once; more wait. [default: 10]",
    )
    group.add_argument(
        "--reserved-concurrency",
        type=positive_int,
        metavar="N",
        help="Refuse more invocations at once, as Lambda does.",
    )
    group.add_argument(
        "--on-failure",
        metavar="TARGET",
        help="Where failed asynchronous events go: an SQS or SNS ARN, or a file.",
    )
    group.add_argument(
        "--dead-letter", metavar="TARGET", help="Their dead-letter queue: an ARN, or a file."
    )
    group.add_argument(
        "--delay-factor",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="Shorten the waits between retries: 0.01 makes a minute 0.6 s. [default: 1]",
    )
    group.add_argument(
        "--deliver-twice",
        action="store_true",
        help="Deliver each asynchronous event twice, as Lambda sometimes does.",
    )
    group.add_argument(
        "--clock",
        type=float,
        metavar="FACTOR",
        help="Fire the schedules of template.yaml: 1 in real time, 720 a night in a minute.",
    )
    group.add_argument(
        "--clock-begin",
        type=_parse_moment,
        metavar="TIME",
        help="When the clock begins, such as 2026-10-24T20:00Z. [default: now]",
    )


def _parse_moment(text: str) -> datetime:
    """A time of ISO 8601; without a zone it is UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
