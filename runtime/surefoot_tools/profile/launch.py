"""How the runtime is started here: by the image's bootstrap, or as a module if there is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

RUNTIME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# The bootstrap's own start with one line more, which installs the probe before the runtime loads.
# The runtime's directory takes the place of the working directory in sys.path permanently only if
# the bootstrap does so, too; `python -m surefoot` keeps the working directory first.
_PROBED = """
import sys
root = sys.argv.pop(1)
sys.path[: not sys.path[0]] = [root]
from surefoot_tools.profile import probe
probe.install(int(sys.argv.pop(1)), int(sys.argv.pop(1)))
if sys.argv.pop(1) == "module":
    sys.path[:1] = [""]
from surefoot.__main__ import run
run()
"""

# What Lambda sets. A variable that the command was given wins: in a container the image has set
# some, and people pass others.
_DEFAULTS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_FUNCTION_NAME": "profile",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/profile",
    "AWS_LAMBDA_LOG_STREAM_NAME": "profile",
    "AWS_REGION": "us-east-1",
    "LANG": "en_US.UTF-8",
    "TZ": ":/etc/localtime",
}
# Each would make another start of it than the one that is measured here.
_REMOVED = (
    *("AWS_LAMBDA_MAX_CONCURRENCY", "SUREFOOT_CLIENT", "_HANDLER", "_X_AMZN_TRACE_ID"),
    *("_LAMBDA_TELEMETRY_LOG_FD", "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"),
)


@dataclass(frozen=True)
class Launch:
    """How to start one function; ``mode`` is ``bootstrap`` or ``module``."""

    handler: str
    task_root: str
    mode: str
    command: list[str]
    environ: Mapping[str, str] = field(repr=False)

    def probed(self, descriptor: int, port: int) -> list[str]:
        """Return the command that starts it with the probe, which writes to ``descriptor``.

        :param port: where the Runtime API listens: the first connection to it ends the init phase
        """
        site = ["-S"] if self.mode == "bootstrap" else []
        arguments = [RUNTIME, str(descriptor), str(port), self.mode, self.handler]
        return [sys.executable, *site, "-c", _PROBED, *arguments]

    def variables(self, address: str, *, importtime: bool) -> dict[str, str]:
        """Return the process's whole environment."""
        return {
            **self.environ,
            "AWS_LAMBDA_RUNTIME_API": address,
            **({"PYTHONPROFILEIMPORTTIME": "1"} if importtime else {}),
        }


def launch_command(handler: str, environ: Mapping[str, str], working_directory: str) -> Launch:
    """Choose how to start ``handler``, as Lambda would in this image."""
    task_root = environ.get("LAMBDA_TASK_ROOT") or working_directory
    bootstrap = _bootstrap(environ)
    command = [bootstrap] if bootstrap else [sys.executable, "-m", "surefoot"]
    variables = {**_DEFAULTS, **environ}
    for name in _REMOVED:
        variables.pop(name, None)
    variables |= {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_RUNTIME_DIR": RUNTIME,
        "LAMBDA_TASK_ROOT": task_root,
        # On Lambda the disk is read-only, so that bytecode which is missing stays missing.
        "PYTHONDONTWRITEBYTECODE": "1",
        "SUREFOOT_PYTHON": sys.executable,
    }
    mode = "bootstrap" if bootstrap else "module"
    return Launch(handler, task_root, mode, [*command, handler], variables)


def _bootstrap(environ: Mapping[str, str]) -> str | None:
    """Return the image's bootstrap; in a checkout it is next to the runtime's directory."""
    candidates = [
        os.path.join(environ.get("LAMBDA_RUNTIME_DIR") or RUNTIME, "bootstrap"),
        os.path.join(os.path.dirname(RUNTIME), "bootstrap", "bootstrap"),
    ]
    for path in candidates:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
