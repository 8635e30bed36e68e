"""`rie invoke`: one event to a function, running here or deployed, and its result printed."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.cli import describe
from rie.console import print_error, print_progress
from rie.errors import UserError

if TYPE_CHECKING:
    from rie.local.client import InvocationResult

BAD_EVENT = 2
UNANSWERED = 5
EXIT_CODES = {
    0: "the function answered; its result is on stdout",
    1: "the function failed: it raised an exception, or its answer is larger than 6 MB",
    2: "wrong usage, or an event that is not JSON or is over 6 MiB; nothing was sent",
    3: "the function timed out",
    4: "the runtime failed: the module could not be loaded, or the process ended",
    5: "no answer: nothing listens there, the emulator died, or --wait was over; with --deployed: "
    "AWS refused the invocation (no such function, throttled, not allowed) or was not reached",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie invoke`."""
    describe(
        parser,
        """Post an event to a running or a deployed function and print its result.

        The result goes to stdout as it came; how the invocation ended goes to stderr and into the
        exit code. AWS's emulator answers errors with HTTP 200; this command tells them apart.""",
        examples=[
            'invoke --event \'{"name": "x"}\'',
            "invoke --deployed surefoot-echo --event event.json",
        ],
        exit_codes=EXIT_CODES,
    )
    parser.add_argument(
        "--event",
        default="{}",
        metavar="EVENT",
        help="A file, - for stdin, or JSON. [default: {}]",
    )
    group = parser.add_argument_group("Which function")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--port", type=int, default=8080, help="Port here. [default: 8080]")
    where.add_argument("--url", help="Base address of an emulator, instead of --port.")
    where.add_argument("--deployed", metavar="NAME", help="Name or ARN of a function on Lambda.")
    group.add_argument("--qualifier", help="With --deployed: a version or an alias.")
    group.add_argument("--region", help="With --deployed. [default: the AWS configuration's]")
    parser.add_argument(
        "--wait",
        type=float,
        metavar="SECONDS",
        help="Give up after this time. [default: wait as long as the function may run]",
    )
    parser.add_argument("--json", action="store_true", help="Print result and outcome as JSON.")


def execute(args: argparse.Namespace) -> int:
    """Invoke once; the exit code says how it ended (see EXIT_CODES)."""
    from rie.aws.invoke import UnansweredError
    from rie.local.client import NoAnswerError

    try:
        event = read_event(args.event)
        answer = _of_the_emulator(args, event) if args.deployed is None else _of_lambda(args, event)
    except (NoAnswerError, UnansweredError) as error:
        print_error(error)
        return UNANSWERED
    except UserError as error:
        print_error(error)
        return BAD_EVENT
    except KeyboardInterrupt:
        print_progress(
            "gave up; the invocation still runs. Start the emulator again before the next "
            "one: it crashes when it is invoked after a caller gave up."
            if args.deployed is None
            else "gave up; the invocation may run to its end on Lambda."
        )
        return UNANSWERED
    show(answer, as_json=args.json)
    return answer.outcome.value


def _of_the_emulator(args: argparse.Namespace, event: bytes) -> InvocationResult:
    from rie.local.client import invoke

    for option in ("qualifier", "region"):
        if getattr(args, option):
            raise UserError(
                f"--{option} is for deployed functions only",
                "omit it, or name the deployed function: --deployed NAME",
            )
    url = args.url or f"http://localhost:{args.port}"
    waiting = f"waiting: another invocation is running at {url} …"
    return invoke(url, event, wait_s=args.wait, on_wait=lambda: print_progress(waiting))


def _of_lambda(args: argparse.Namespace, event: bytes) -> InvocationResult:
    """The result of a deployed function; prints the end of its log to stderr."""
    from rie.aws.invoke import invoke

    return invoke(
        args.deployed,
        event,
        qualifier=args.qualifier,
        region=args.region,
        wait_s=args.wait,
        on_log=lambda text: print_progress(text.rstrip("\n")) if text else None,
    )


def read_event(word: str) -> bytes:
    """The event that `--event word` means, checked to be JSON. Raises UserError."""
    if word == "-":
        source, event = "stdin", sys.stdin.buffer.read()
    elif word.lstrip()[:1] in {"{", "[", '"'}:
        source, event = "--event", word.encode(errors="surrogateescape")
    else:
        source = word
        try:
            event = Path(word).read_bytes()
        except OSError as error:
            if _is_json(word.encode(errors="surrogateescape")):
                return word.encode()  # a bare number, true, false or null
            raise UserError(
                f"cannot read the event {word}: {error.strerror}",
                "give a file, - for stdin, or JSON in single quotes",
            ) from error
    try:
        json.loads(event)
    except ValueError as error:
        raise UserError(
            f"the event from {source} is not JSON: {error}", "correct it; nothing was sent"
        ) from error
    return event


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def show(answer: InvocationResult, *, as_json: bool) -> None:
    """Result on stdout (as it came, or one JSON object), how it ended on stderr."""
    if as_json:
        print(json.dumps(_record(answer)))
        return
    report = answer.report()
    name = answer.outcome.name.lower().replace("_", " ")
    print_progress(f"{name} in {answer.seconds * 1000:.0f} ms (request {answer.request_id})")
    if report is not None:
        print_progress(f"  {report['errorType']}: {report['errorMessage']}")
    elif answer.status != HTTPStatus.OK:
        print_progress(
            f"  HTTP status {answer.status} without a reason; read the emulator's output"
        )
    sys.stdout.buffer.write(answer.body)
    if sys.stdout.isatty() and not answer.body.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def _record(answer: InvocationResult) -> dict[str, Any]:
    """What a program reads with --json; `version` changes when a key changes its meaning."""
    result, encoding = _decoded(answer.body)
    return {
        "version": 1,
        "outcome": answer.outcome.name.lower(),
        "exit_code": answer.outcome.value,
        "function_error": answer.function_error,
        "http_status": answer.status,
        "request_id": answer.request_id,
        "milliseconds": round(answer.seconds * 1000, 1),
        "encoding": encoding,
        "result": result,
    }


def _decoded(body: bytes) -> tuple[Any, str]:
    try:
        return json.loads(body), "json"
    except ValueError:
        pass
    try:
        return body.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"
