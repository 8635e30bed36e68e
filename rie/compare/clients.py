"""The two clients as commands for one interpreter, and a check that both can run."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from rie.compare.verdict import OURS, THEIRS
from rie.errors import UserError
from rie.function import Function
from rie.git_checkout import read_version
from rie.local.environment import process_environment
from rie.paths import ROOT

BOOTSTRAP = ROOT / "bootstrap" / "bootstrap"
_RUNTIME = ROOT / "runtime"
_OLDEST = (3, 10)
# The image ships the runtime's bytecode; here it may have to be made, or every start would compile.
_PROBE = """
import compileall, sys
compileall.compile_dir(sys.argv[1], quiet=2)
try:
    import awslambdaric
    from importlib.metadata import version
    found = version("awslambdaric")
except ImportError:
    found = None
print("\\n" + repr((tuple(sys.version_info[:3]), found)))
"""


def find_python(name: str) -> str:
    """The interpreter `name`, a path or a name on PATH. Raises UserError."""
    found = shutil.which(name)
    if found is None:
        raise UserError(f"there is no interpreter {name}", "give its path: --python PATH")
    # Not resolved: a virtual environment's python is a link, and works by its own name alone.
    return os.path.abspath(found)  # noqa: PTH100


def versions(python: str, task: Path) -> tuple[str, dict[str, str]]:
    """The interpreter's version and those of both clients. Raises UserError when one is missing.

    awslambdaric may be installed in the interpreter or next to the handler, in `task`.
    """
    done = subprocess.run(
        [python, "-c", _PROBE, str(_RUNTIME)],
        cwd=task,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        number, found = ast.literal_eval(done.stdout.splitlines()[-1])
    except (IndexError, ValueError, SyntaxError) as error:
        raise UserError(
            f"{python} is not a usable Python: {done.stderr.strip()}", "give another: --python PATH"
        ) from error
    shown = ".".join(map(str, number))
    if number[:2] < _OLDEST:
        raise UserError(f"{python} is Python {shown}; surefoot needs 3.10 or newer", "--python …")
    if found is None:
        raise UserError(
            f"{python} cannot import awslambdaric, so there is nothing to compare with",
            f"{python} -m pip install awslambdaric, or name an interpreter that has it: --python",
        )
    return shown, {THEIRS: found, OURS: read_version()}


def command(client: str, python: str, handler: str) -> Sequence[str]:
    """How an image starts `client`: surefoot through its bootstrap, awslambdaric as AWS says."""
    if client == OURS:
        return [str(BOOTSTRAP), handler]
    return [python, "-m", THEIRS, handler]


def environment(
    function: Function,
    python: str,
    address: str,
    *,
    memory_mb: int,
    timeout_s: int,
    variables: Mapping[str, str],
) -> dict[str, str]:
    """The variables of both clients: the same ones, because a function may return them."""
    return {
        "PWD": str(function.directory),  # which the shell of surefoot's bootstrap would set
        # The function's directory is the user's: nothing is written there, as on a read-only root.
        "PYTHONDONTWRITEBYTECODE": "1",
        **process_environment(function, memory_mb=memory_mb, timeout_s=timeout_s),
        **variables,
        "_HANDLER": function.handler,
        "AWS_LAMBDA_RUNTIME_API": address,
        "LAMBDA_RUNTIME_DIR": str(_RUNTIME),
        "LAMBDA_TASK_ROOT": str(function.directory),
        "SUREFOOT_CLIENT": OURS,  # whatever production is set to
        "SUREFOOT_PYTHON": python,
    }
