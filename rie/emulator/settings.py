"""What a function of the emulator is: its files, its limits, and its name on AWS."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rie.emulator.function_url import UrlSettings
from rie.function import Function
from rie.local.environment import lambda_environment, process_environment
from rie.paths import ROOT

ACCOUNT = "123456789012"  # the account of AWS's own examples
VERSION = "$LATEST"
INIT_LIMIT_S = 10.0
MAX_ENVIRONMENTS = 10
OPT = Path("/opt")
_DAY_S = 86_400.0
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_OF_THE_OFFICIAL_RIE = "AWS_LAMBDA_FUNCTION_TIMEOUT"  # Lambda sets no such variable


def read_region() -> str:
    """The region of this machine's environment, or AWS's first."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


@dataclass(frozen=True)
class FunctionSettings:
    """A function and its configuration.

    With an `image` each environment is a container of it, else a process of this machine. It
    stands still between invocations unless `freezes` is false.
    `command` starts its runtime and gets the handler as its last argument. More invocations than
    `max_environments` wait; more than `reserved_concurrency` are refused, as on Lambda.
    The folder `opt` takes the place of /opt, with layers, wrappers, extensions: for a process, and
    for a `zipped` function. That is one in a .zip file, whose runtime is `image` or this
    checkout's: its directory is /var/task, and the handler is in _HANDLER alone.
    """

    function: Function
    memory_mb: int = 512
    timeout_s: float = 60
    variables: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = (str(ROOT / "bootstrap" / "bootstrap"),)
    opt: Path = OPT
    max_environments: int = MAX_ENVIRONMENTS
    reserved_concurrency: int | None = None
    init_limit_s: float = INIT_LIMIT_S
    snap_start: bool = False
    aliases: frozenset[str] = frozenset()
    url: UrlSettings = field(default_factory=UrlSettings)
    image: str = ""
    freezes: bool = True
    zipped: bool = False

    def for_debugger(self, port: int) -> FunctionSettings:
        """The same under debugpy: one environment, and no limit of time while it is stopped.

        It waits for a debugger on `port` before the handler's module is imported.
        """
        start = str(ROOT / "runtime" / "start.py")
        listen = ["--listen", f"127.0.0.1:{port}", "--wait-for-client"]
        return replace(
            self,
            command=[sys.executable, "-m", "debugpy", *listen, start],
            max_environments=1,
            timeout_s=_DAY_S,
            init_limit_s=_DAY_S,
            freezes=False,
        )

    @property
    def mounts(self) -> dict[str, Path]:
        """Folders of this machine by their path in the containers of a .zip function."""
        if not self.zipped:
            return {}
        layers = {} if self.opt == OPT else {str(OPT): self.opt}
        return {"/var/task": self.function.directory, **layers}

    @property
    def entrypoint(self) -> list[str]:
        """What starts the runtime of a .zip function; others have that of their image."""
        return ["/var/runtime/bootstrap"] if self.zipped else []

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.name

    @property
    def region(self) -> str:
        """The region that the function believes to run in."""
        return read_region()

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{ACCOUNT}:function:{self.name}"

    def make_environment(self, runtime_api: str, log_stream: str) -> dict[str, str]:
        """The variables of the runtime's process."""
        timeout_s = max(1, round(self.timeout_s))
        make = lambda_environment if self.image else process_environment
        usual = make(self.function, memory_mb=self.memory_mb, timeout_s=timeout_s)
        del usual[_OF_THE_OFFICIAL_RIE]
        kind = "snap-start" if self.snap_start else "on-demand"
        common = {
            **usual,
            "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
            "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
            **self.variables,
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "_HANDLER": "",
        }
        if self.zipped:
            common["_HANDLER"] = self.function.handler
            common.pop("AWS_EXECUTION_ENV", None)  # Lambda sets it for images and its own runtimes
        if self.image:
            return {**common, "LAMBDA_TASK_ROOT": "/var/task", "LAMBDA_RUNTIME_DIR": "/var/runtime"}
        return {
            **common,
            **(_make_opt_variables(self.opt, common) if self.opt != OPT else {}),
            "LAMBDA_TASK_ROOT": str(self.function.directory),
            "LAMBDA_RUNTIME_DIR": str(ROOT / "runtime"),
            "SUREFOOT_PYTHON": sys.executable,
        }


def _make_opt_variables(opt: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables by which a folder takes the place of /opt.

    https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html has what Lambda looks for.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folders = {
        "PYTHONPATH": [f"python/lib/{version}/site-packages", "python"],
        "LD_LIBRARY_PATH": ["lib"],
    }
    changed = {"PATH": f"{variables['PATH']}{os.pathsep}{opt / 'bin'}"}  # the last one, as there
    for name, found in folders.items():
        before = [variables[name]] if variables.get(name) else []
        changed[name] = os.pathsep.join([*(str(opt / each) for each in found), *before])
    wrapper = variables.get(_WRAPPER, "")
    if wrapper.startswith(f"{OPT}/"):
        changed[_WRAPPER] = str(opt / wrapper.removeprefix(f"{OPT}/"))
    return changed
