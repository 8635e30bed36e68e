"""A container with Lambda's limits.

Different from Lambda: the network, which is Docker's bridge, the system call filter, which is
Docker's, and /tmp, a tmpfs whose content counts as the function's memory. runtime/CONTRACT.md has
the recorded environment as a table, with a reason for each difference. Sources: AWS Lambda
Developer Guide, quotas; container images; memory and computing power.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rie.console import get_stderr_fd
from rie.errors import UserError
from rie.function import Function
from rie.images.engine import connect
from rie.local.client import InvocationResult, invoke
from rie.local.environment import lambda_environment
from rie.local.official_rie import free_port
from rie.paths import cache_dir

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container
    from docker.types import Mount

UID, GID = 993, 990
USER = f"{UID}:{GID}"  # sbx_user1051 on Lambda, whatever the image's USER says
# Lambda mounts its own /etc/passwd over the image's: users that the image made do not exist, and
# the group has no name. Only the last line is recorded.
ACCOUNTS = """\
root:x:0:0:root:/root:/bin/bash
nobody:x:99:99:Nobody:/:/sbin/nologin
sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin
"""
DESCRIPTORS = 1024
MAX_PROCESSES = 1024  # threads count, too: Developer Guide, "Lambda quotas"
# Recorded at this size only. That it grows with the memory is an assumption; the kernel's own
# default, half of threads-max, does.
PROCESSES_AT_128_MB = 742
LOCKED_BYTES = 64 * 1024
STACK_BYTES = 8 * 1024 * 1024
MB_PER_CPU = 1769  # memory that comes with one virtual processor
TMP_MB = 512


def lambda_limits(memory_mb: int, tmp_mb: int = TMP_MB, *, host_cpus: int) -> dict[str, Any]:
    """Docker's options for a function of `memory_mb` memory and `tmp_mb` of /tmp, both in MiB.

    `host_cpus` caps the processor share: an engine refuses more than it has.
    """
    from docker.types import Ulimit

    memory = memory_mb * 1024 * 1024
    processes = min(MAX_PROCESSES, PROCESSES_AT_128_MB * memory_mb // 128)
    return {
        "user": USER,
        "read_only": True,
        # exec: Docker's tmpfs forbids what Lambda's /tmp allows. Lambda's mode is 0700; runc gives
        # a tmpfs the mode of the image's folder whatever is asked for (Docker 20.10, measured on
        # 2026-11-26), so that of all images is said here.
        "tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,size={tmp_mb}m,mode=1777,uid={UID},gid={GID}"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": memory,
        "memswap_limit": memory,  # the sum of memory and swap: no swap
        "nano_cpus": min(int(memory_mb / MB_PER_CPU * 1e9), host_cpus * 10**9),
        "pids_limit": processes,
        "ulimits": [
            Ulimit(name="nofile", soft=DESCRIPTORS, hard=DESCRIPTORS),
            Ulimit(name="nproc", soft=processes, hard=processes),
            Ulimit(name="memlock", soft=LOCKED_BYTES, hard=LOCKED_BYTES),
            Ulimit(name="stack", soft=STACK_BYTES, hard=-1),
            Ulimit(name="core", soft=0, hard=0),  # a core would be left on this machine
        ],
        # No /dev/shm: as on Lambda, multiprocessing's locks, queues and pools must fail.
        "ipc_mode": "none",
    }


SHUTDOWN_SECONDS = 2  # what Lambda gives a runtime between SIGTERM and SIGKILL
START_SECONDS = 30.0
_EMULATOR_PORT = "8080/tcp"
_LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.02


class Sandbox:
    """`function` running in `image` under Lambda's limits, as a context manager.

    `port` on loopback is any free one when 0. `variables` are the function's own; AWS credentials
    are absent unless they are among them. The handler is `function.handler`, or the image's CMD
    when that is empty. `logs` receives what the container prints (default: stderr).
    `host_network` gives it this machine's own network, loopback included: for servers there that
    replace AWS.
    """

    def __init__(
        self,
        image: str,
        function: Function,
        *,
        port: int = 0,
        memory_mb: int = 512,
        tmp_mb: int = TMP_MB,
        timeout_s: int = 60,
        variables: Mapping[str, str] | None = None,
        logs: IO[bytes] | None = None,
        host_network: bool = False,
    ) -> None:
        self.function = function
        self._logs = _open_stderr() if logs is None else logs
        self._port = port or (free_port() if host_network else 0)
        self._host_network = host_network
        environment = lambda_environment(function, memory_mb=memory_mb, timeout_s=timeout_s)
        self._options: dict[str, Any] = {
            "image": image,
            "command": [function.handler] if function.handler else None,
            "environment": {**environment, **(variables or {})},
            "labels": {"dev.surefoot.sandbox": function.name},
            **(
                _on_the_host(self._port)
                if host_network
                else {"ports": {_EMULATOR_PORT: (_LOOPBACK, port or None)}}
            ),
        }
        self._sizes = (memory_mb, tmp_mb)
        self._client: DockerClient | None = None
        self._container: Container | None = None
        self._follower: threading.Thread | None = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def container(self) -> Container:
        """The running container. Raises RuntimeError before start and after stop."""
        if self._container is None:
            raise RuntimeError("the sandbox is not running")
        return self._container

    @property
    def url(self) -> str:
        """The emulator's base address, on loopback."""
        if self._host_network:
            return f"http://{_LOOPBACK}:{self._port}"
        bindings = self.container.ports.get(_EMULATOR_PORT)
        if not bindings:
            raise RuntimeError("the container has ended")
        return f"http://{_LOOPBACK}:{bindings[0]['HostPort']}"

    def start(self) -> None:
        """Start the container and return when its emulator answers. Raises UserError."""
        from docker.errors import APIError

        self._client = connect()
        try:
            cpus = int(self._client.info()["NCPU"])
            options = {**lambda_limits(*self._sizes, host_cpus=cpus), **self._options}
            options["mounts"] = [make_accounts_mount()]
            if self._host_network and options["command"] is None:
                # The engine drops the image's CMD where the entry point is another.
                image = self._client.images.get(options["image"])
                options["command"] = image.attrs["Config"]["Cmd"]
            self._container = self._client.containers.create(**options)
            try:
                self._container.start()
            except APIError as error:
                raise _refused(error, self._port) from error
            self._follow()
            self._await_emulator()
        except BaseException:
            self.stop()
            raise

    def invoke(
        self,
        event: bytes,
        *,
        wait_s: float | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> InvocationResult:
        """Invoke the function in turn; see `rie.local.client.invoke` for units and errors."""
        return invoke(self.url, event, wait_s=wait_s, on_wait=on_wait)

    def output(self) -> bytes:
        """Everything the container has printed so far, both streams."""
        return bytes(self.container.logs())

    def wait(self) -> int:
        """Block until the container ends by itself; its exit status."""
        return int(self.container.wait()["StatusCode"])

    def stop(self) -> None:
        """End the container as Lambda would and remove it. Safe to call again."""
        from docker.errors import NotFound

        client, self._client = self._client, None
        container, self._container = self._container, None
        if container is not None:
            # It may have been removed already.
            with contextlib.suppress(NotFound):
                container.stop(timeout=SHUTDOWN_SECONDS)
                if self._follower is not None:
                    self._follower.join(SHUTDOWN_SECONDS)
                container.remove(force=True, v=True)
        if client is not None:
            client.close()

    def _follow(self) -> None:
        stream = self.container.logs(stream=True, follow=True)

        def copy() -> None:
            for chunk in stream:
                self._logs.write(chunk)
                self._logs.flush()

        self._follower = threading.Thread(target=copy, daemon=True)
        self._follower.start()

    def _await_emulator(self) -> None:
        """Return when the emulator speaks HTTP: Docker accepts connections long before."""
        import requests

        deadline = time.monotonic() + START_SECONDS
        while True:
            self.container.reload()
            if self.container.status != "running":
                status = self.wait()
                raise UserError(f"the container ended with status {status}", "read its output")
            try:
                requests.get(self.url, timeout=1)  # any status: it is not the invocation's path
            except requests.RequestException as error:
                if time.monotonic() > deadline:
                    reason = f"no emulator answered in the container within {START_SECONDS:.0f} s"
                    raise UserError(reason, "read its output above") from error
            else:
                return
            self._pause()

    def _pause(self) -> None:
        """Wait a moment between two looks, less if the container ends."""
        import requests

        with contextlib.suppress(
            requests.RequestException
        ):  # the SDK's error while the container runs
            self.container.wait(timeout=_POLL_SECONDS)


def _on_the_host(port: int) -> dict[str, Any]:
    """Options for this machine's network: the emulator must keep to loopback and to free ports."""
    return {
        "network_mode": "host",
        # What /lambda-entrypoint.sh does where there is no Runtime API, with the addresses chosen.
        "entrypoint": [
            *["/usr/local/bin/aws-lambda-rie", "--log-level", "warn"],
            *["--runtime-interface-emulator-address", f"{_LOOPBACK}:{port}"],
            *["--runtime-api-address", f"{_LOOPBACK}:{free_port(port)}"],
            "/var/runtime/bootstrap",
        ],
    }


def make_accounts_mount() -> Mount:
    """The mount of Lambda's /etc/passwd. The file is in the cache, which engines can read."""
    from docker.types import Mount

    file = cache_dir() / "sandbox" / "passwd"
    if not file.is_file() or file.read_text(encoding="ascii") != ACCOUNTS:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as other:
            other.write(ACCOUNTS)
        Path(other.name).chmod(0o644)
        Path(other.name).replace(file)
    return Mount("/etc/passwd", str(file), type="bind", read_only=True)


def _refused(error: Exception, port: int) -> UserError:
    text = str(error)
    if "already allocated" in text or "address already in use" in text:
        return UserError(f"port {port} is taken by another program", "choose another: --port 8081")
    return UserError(f"the engine did not start the container: {text}", "read its reason")


def _open_stderr() -> IO[bytes]:
    return os.fdopen(get_stderr_fd(), "wb", closefd=False)
