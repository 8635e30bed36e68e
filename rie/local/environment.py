"""The environment that Lambda gives a function in a container image, for a local run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rie.errors import UserError
from rie.function import Function

# Lambda refuses these in a function's configuration. The credentials are reserved there too, but a
# local function has no role that would supply them, so passing them explicitly is allowed here.
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def add_env_argument(parser: argparse._ActionsContainer) -> None:
    """Describe --env; parse_variables() reads what it collects."""
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="Set a variable; without a value it is copied from here (repeatable).",
    )


def lambda_environment(
    function: Function, *, memory_mb: int, timeout_s: int, caller: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Every variable that Lambda sets and the RIE does not; nothing of `caller` but the region.

    AWS credentials of the caller stay out: a function gets them only when they are passed by name.
    HOME, LANG and TZ are not Lambda's: they come from the image, or from `process_environment`.
    """
    region = caller.get("AWS_REGION") or caller.get("AWS_DEFAULT_REGION") or "us-east-1"
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout_s),  # read by the RIE alone, whole seconds
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": region,
    }


def process_environment(
    function: Function, *, memory_mb: int, timeout_s: int, caller: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """`lambda_environment` and what an image would set, for a function that runs without one."""
    return {
        "HOME": "/tmp",  # the only writable place of a Lambda function
        "LANG": "en_US.UTF-8",
        "PATH": caller.get("PATH", os.defpath),  # the tools of this machine, jq above all
        "TZ": "UTC",  # the base images' :/etc/localtime, which is this machine's here
        **lambda_environment(function, memory_mb=memory_mb, timeout_s=timeout_s, caller=caller),
    }


def parse_variables(words: Sequence[str], caller: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`KEY=VALUE` words as a mapping; a bare `KEY` is copied from the caller.

    Raises UserError for a reserved or empty name, and for a bare one that the caller has not set.
    """
    variables: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not key:
            raise UserError(f"--env {word!r} has no name", "write --env NAME=VALUE")
        if key in RESERVED:
            raise UserError(
                f"--env {key} is reserved: Lambda sets it and refuses it in a function's settings",
                "choose another name; memory, time-out and handler have options of their own",
            )
        if not equals and key not in caller:
            raise UserError(
                f"--env {key} has no value and {key} is not set here", f"write --env {key}=VALUE"
            )
        variables[key] = value if equals else caller[key]
    return variables


def read_env_file(path: Path) -> list[str]:
    """The words of a file, for `parse_variables`: NAME=VALUE, or NAME to copy from the caller.

    One a line; a value is what follows the =, quotes included. Empty lines and those that begin
    with # are left out. Raises UserError for a file that cannot be read and a line without a name.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(
            f"cannot read the variables of {path}: {reason}", "give a file of NAME=VALUE lines"
        ) from error
    words = []
    for number, line in enumerate(lines, start=1):
        word = line.lstrip()
        if not word or word.startswith("#"):
            continue
        name = word.partition("=")[0]
        if not name or any(character.isspace() for character in name):
            raise UserError(
                f"{path}, line {number}: {name!r} is not the name of a variable", "write NAME=VALUE"
            )
        words.append(word)
    return words
