"""`rie compare`: a function on surefoot and on awslambdaric, and where they differ."""

from __future__ import annotations

import argparse
import io
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rie.cli import describe, positive_int
from rie.console import make_styler, print_error, print_progress
from rie.errors import UserError
from rie.function import Function
from rie.local.environment import add_env_argument, parse_variables, read_env_file
from rie.local.invoke import read_event

if TYPE_CHECKING:
    from rie.compare.observations import Observations
    from rie.compare.run import Run, Setting
    from rie.compare.runtime_api import RuntimeApi
    from rie.compare.verdict import Result

USAGE = 2
CANNOT = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie compare`."""
    describe(
        parser,
        """Compare a function on surefoot and on awslambdaric.

        Runs the function under both clients, each started as an image starts it, and shows where
        answers (body, content type, error report), logs and exits differ, and how long each took.
        Both talk to the same local Runtime API and get the same variables.

        What leaves the process is compared, too: connections by address, names of AWS's client
        that packages patch, files written, command lines of programs. Of connections that compiled
        code opens, those count that are still open after an event; what other programs do is not
        seen.

        The function really runs: RUNS times under each client, each time with every event and then
        up to WARM more invocations for the timings, and once or twice more with every event to
        see what leaves the process. It gets no AWS credentials unless you pass them.""",
        examples=["compare app.handler --task ./my-function --event event.json"],
        exit_codes={
            0: "nothing differs",
            1: "at least one difference is not intended",
            2: "wrong usage, or an event that is not JSON; nothing was run",
            3: "all differences are intended; each is explained",
            4: "cannot compare: awslambdaric is missing, or the interpreter cannot run",
        },
    )
    parser.add_argument(
        "handler", metavar="HANDLER", help="module.function, as in the image's CMD."
    )
    what = parser.add_argument_group("Function")
    what.add_argument(
        "--event",
        action="append",
        metavar="EVENT",
        help="A file, - for stdin, or JSON (repeatable). [default: {}]",
    )
    what.add_argument(
        "--task", default=".", metavar="DIR", help="Content of /var/task. [default: .]"
    )
    add_env_argument(what)
    what.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help="File of NAME=VALUE lines; --env takes precedence.",
    )
    what.add_argument(
        "--memory",
        type=positive_int,
        default=512,
        metavar="MB",
        help="Memory size that is reported to it. [default: 512]",
    )
    what.add_argument(
        "--timeout",
        type=positive_int,
        default=60,
        metavar="SECONDS",
        help="Time limit of each event. [default: 60]",
    )
    how = parser.add_argument_group("Comparison")
    how.add_argument(
        "--runs", type=positive_int, default=3, help="Runs of each client. [default: 3]"
    )
    how.add_argument(
        "--warm",
        type=int,
        default=20,
        metavar="N",
        help="Invocations for the timings, for at most a second per run; 0 for none. [default: 20]",
    )
    how.add_argument(
        "--python",
        default=sys.executable,
        metavar="INTERPRETER",
        help="Interpreter of both clients; it needs awslambdaric. [default: this one]",
    )
    parser.add_argument("--json", action="store_true", help="Print the result as one JSON object.")


def execute(args: argparse.Namespace) -> int:
    """Compare; the exit code is the verdict."""
    try:
        function, events, variables = _read(args)
    except UserError as error:
        print_error(error)
        return USAGE
    try:
        result = _compare(args, function, events, variables)
    except UserError as error:
        print_error(error)
        return CANNOT
    _show(result, as_json=args.json)
    return result.verdict.value


def _read(args: argparse.Namespace) -> tuple[Function, list[tuple[str, bytes]], dict[str, str]]:
    """What the arguments mean, before anything runs. Raises UserError."""
    task = Path(args.task).resolve()
    if not task.is_dir():
        raise UserError(
            f"there is no directory {args.task}", "give the function's directory: --task DIR"
        )
    words = args.event or ["{}"]
    events = [(word, read_event(word)) for word in words]
    from_file = read_env_file(args.env_file) if args.env_file else []
    return Function(task.name, task, args.handler), events, parse_variables([*from_file, *args.env])


def _compare(
    args: argparse.Namespace,
    function: Function,
    events: Sequence[tuple[str, bytes]],
    variables: dict[str, str],
) -> Result:
    from rie.compare import clients
    from rie.compare.differences import compare
    from rie.compare.run import Setting
    from rie.compare.runtime_api import RuntimeApi
    from rie.compare.verdict import OURS, THEIRS, ComparedItem, Result

    if platform.system() != "Linux":
        raise UserError(
            f"awslambdaric is a Linux program; it does not run on {platform.system()}",
            "compare in a container: docker run … with this repository and the function inside",
        )
    python = clients.find_python(args.python)
    number, versions = clients.versions(python, function.directory)
    with RuntimeApi() as api:
        variables = clients.environment(
            function,
            python,
            api.address,
            memory_mb=args.memory,
            timeout_s=args.timeout,
            variables=variables,
        )
        region = variables["AWS_REGION"]
        setting = Setting(
            function.directory,
            variables,
            f"arn:aws:lambda:{region}:123456789012:function:{function.name}",
            [event for _, event in events],
            args.timeout,
            args.warm,
        )
        trials = _run(api, setting, python, function.handler, args.runs)
        effects = _observe(api, setting, python, function.handler, min(args.runs, 2))
    comparison = compare(
        trials[THEIRS], trials[OURS], len(events), (effects[THEIRS], effects[OURS])
    )
    subject = ComparedItem(function.handler, number, versions, [source for source, _ in events])
    return Result(subject, trials[THEIRS], trials[OURS], comparison)


def _run(
    api: RuntimeApi, setting: Setting, python: str, handler: str, runs: int
) -> dict[str, list[Run]]:
    """The runs of both clients, alternating, so that a slow machine slows both."""
    from rie.compare.clients import command
    from rie.compare.run import run
    from rie.compare.verdict import OURS, THEIRS

    trials: dict[str, list[Run]] = {THEIRS: [], OURS: []}
    for number in range(1, runs + 1):
        # The order alternates: the first run finds files that are not cached yet.
        for client in (THEIRS, OURS) if number % 2 else (OURS, THEIRS):
            print_progress(f"run {number} of {runs}: {handler} under {client} …")
            trials[client].append(run(api, command(client, python, handler), setting))
    return trials


def _observe(
    api: RuntimeApi, setting: Setting, python: str, handler: str, runs: int
) -> dict[str, list[Observations]]:
    """What leaves the process under both clients."""
    from rie.compare.clients import command
    from rie.compare.side_effects import observe
    from rie.compare.verdict import OURS, THEIRS

    print_progress(f"what leaves the process: {handler} under both …")
    return {
        client: [observe(api, command(client, python, handler), setting) for _ in range(runs)]
        for client in (THEIRS, OURS)
    }


def _show(result: Result, *, as_json: bool) -> None:
    from rie.compare.json_report import record
    from rie.compare.text_report import lines

    if as_json:
        print(json.dumps(record(result)))
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a function may answer anything
    for line in lines(result, make_styler(sys.stdout)):
        print(line)
