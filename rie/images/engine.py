"""The container engine: connects to it, and installs one on Debian (`rie engine`).

Everything that needs containers calls :func:`connect` first, so a missing engine is always reported
the same way.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rie.cli import describe
from rie.console import get_stderr_fd, print_progress
from rie.errors import UserError
from rie.paths import state_dir

if TYPE_CHECKING:
    from docker import DockerClient

REMEDY = "make engine"
ENGINE_PACKAGES = ("docker.io", "iptables")  # iptables publishes ports
BASE_PACKAGES = ("mmdebstrap",)  # for `make image BASE=local` alone
START_SECONDS = 60.0
_POLL_SECONDS = 0.1
# Program → file with the process id of its last run, with Debian's defaults.
_PID_FILES = {
    "dockerd": Path("/var/run/docker.pid"),
    "containerd": Path("/var/run/docker/containerd/containerd.pid"),
}


class EngineError(UserError):
    """No container engine answers, or one could not be installed or started."""


def connect() -> DockerClient:
    """Return a client of an engine that answers.

    The engine is the one the docker command line would use without contexts: DOCKER_HOST, else
    the local socket. Raises EngineError when nothing answers there.
    """
    import docker
    from docker.errors import DockerException

    try:
        # An image build can be silent for minutes while a large layer is written.
        client = docker.from_env(timeout=600)
        client.ping()
    except DockerException as error:
        reason = str(error)
    else:
        return client
    # The SDK leaves the socket of a failed attempt open: it is ours to drop, in silence.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    raise EngineError(f"no container engine answers: {reason}", f"run `{REMEDY}`")


def start() -> DockerClient:
    """Start an installed Docker daemon unless one answers, and return a client of it.

    Raises EngineError when the daemon ends, or does not answer within START_SECONDS.
    """
    try:
        return connect()
    except EngineError:
        pass
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], check=False, stdout=get_stderr_fd())
        return connect()
    for name, pid_file in _PID_FILES.items():
        forget_stale(name, pid_file)
    log = state_dir() / "dockerd.log"
    print_progress(f"Starting dockerd in the background; its log is {log}")
    with log.open("ab") as sink:
        try:
            daemon = subprocess.Popen(
                ["dockerd"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it outlives this command and its terminal
            )
        except OSError as error:
            raise EngineError(f"dockerd does not start: {error}", "install Docker") from error
    return _await(daemon, log)


def forget_stale(name: str, pid_file: Path) -> None:
    """Remove the process id of a program that was killed, unless it runs under that number still.

    At an orderly end the file is removed. Found again, it keeps the next one from starting as long
    as there is anything under that number: another program, or a zombie.
    """
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    if f"Name:\t{name}\n" in status and "State:\tZ" not in status:
        return
    try:
        pid_file.unlink(missing_ok=True)
    except OSError as error:
        raise EngineError(f"cannot remove the stale {pid_file}: {error}", "remove it") from error


def _await(daemon: subprocess.Popen[bytes], log: Path) -> DockerClient:
    """Wait until the daemon answers, ends, or has had its time, whichever comes first."""
    deadline = time.monotonic() + START_SECONDS
    remedy = f"read {log}"
    while True:
        try:
            return connect()
        except EngineError as error:
            last = error
        try:  # waiting for its end is the pause between two looks
            status = daemon.wait(timeout=_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                reason = f"dockerd did not answer within {START_SECONDS:.0f} s"
                raise EngineError(reason, remedy) from last
        else:
            raise EngineError(f"dockerd ended with status {status}", remedy) from last


def install(packages: Sequence[str]) -> None:
    """Install the Debian packages that are missing. Raises EngineError where that cannot be."""
    missing = [name for name in packages if not _installed(name)]
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise EngineError(
            "this is not a Debian system, the only kind this command can install on",
            f"install Docker ({names}) with this system's package manager and start it",
        )
    if os.geteuid() != 0:
        raise EngineError(f"installing {names} needs root", f"run `sudo {REMEDY}`")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print_progress(f"Installing {names} (a minute or two) …")
    for command in (
        ["apt-get", "-q", "update"],
        ["apt-get", "-q", "install", "--yes", "--no-install-recommends", *missing],
    ):
        # apt's output is progress and not a result.
        if subprocess.run(command, env=environment, stdout=get_stderr_fd(), check=False).returncode:
            raise EngineError(f"`{' '.join(command)}` failed", "read its reason above")


def _installed(package: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.stdout == "installed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie engine`."""
    packages = ", ".join((*ENGINE_PACKAGES, *BASE_PACKAGES))
    describe(
        parser,
        f"""Install and start a container engine.

        On Debian as root: installs {packages} with apt-get and starts dockerd in the background.
        Does nothing where an engine answers already.""",
        examples=["engine"],
    )


def execute(args: argparse.Namespace) -> int:
    """Install and start an engine; 0 when one answers at the end. Raises EngineError."""
    del args
    try:
        client = connect()
    except EngineError:
        install((*ENGINE_PACKAGES, *BASE_PACKAGES))
        client = start()
    else:
        _install_base_packages()
    info = client.info()
    print_progress(f"Engine {info['ServerVersion']} answers (storage {info['Driver']}).")
    return 0


def _install_base_packages() -> None:
    """Best effort: with an engine there, only `make image BASE=local` misses them."""
    try:
        install(BASE_PACKAGES)
    except EngineError as error:
        print_progress(f"note: make image BASE=local does not work here: {error.reason}")
