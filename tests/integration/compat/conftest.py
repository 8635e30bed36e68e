"""Functions with a tracker or tracer around them, under surefoot and under AWS's client."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from rie.paths import cached_folder
from tests.integration.compat.sink import Sink
from tests.integration.features.conftest import Running, measurement
from tests.integration.features.conftest import start as run_features
from tests.support.invocation import Invocation
from tests.support.process import RUNTIME, Client, ClientProcess
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then
from tests.unit.home import BASE_PYTHON, make_home

BOOTSTRAP = RUNTIME.parent / "bootstrap" / "bootstrap"
HERE = Path(__file__).resolve().parent


def install(requirements: str) -> Path:
    """The folder with the packages of a requirements file; made once for each of its contents."""
    file = HERE / f"{requirements}.txt"
    key = f"{sys.version_info[:2]} {sys.platform}\0".encode() + file.read_bytes()

    def fill(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        command += ["--no-deps", "--require-hashes", "--target", str(folder), "-r", str(file)]
        subprocess.run(command, check=True)

    return cached_folder("compat", key, fill)


class Function:
    """A started function with its sink."""

    def __init__(self, running: Running, sink: Sink) -> None:
        self.running = running
        self.sink = sink
        self.request_ids: list[str] = []

    def deliver(
        self, event: bytes = b"{}", seconds: float | None = None, trace: str | None = None
    ) -> Invocation:
        """Have it invoked; with a deadline, that is so many seconds ahead once it is loaded."""
        headers = {"Lambda-Runtime-Trace-Id": trace}
        if seconds is not None:
            self.running.api.wait_for(1, Route.NEXT)
            headers["Lambda-Runtime-Deadline-Ms"] = str(int((time.time() + seconds) * 1000))
        invocation = Invocation(event, headers=headers)
        self.request_ids.append(invocation.request_id)
        self.running.api.deliver(invocation)
        return invocation

    def call(self, event: bytes = b"{}", trace: str | None = None) -> bytes:
        """Invoke it and return the answer's body."""
        return bytes(self.running.answer(self.deliver(event, trace=trace)).body)

    def log(self, text: str) -> str:
        """Wait until the text has been logged; return all that has been."""
        return self.running.process.wait_for_output(text.encode()).decode()

    def init_error(self) -> bytes:
        """Wait for the report of an init error; return its body."""
        (report,) = self.running.api.wait_for(1, Route.INIT_ERROR)
        return bytes(report.body)


def _fill_in(value: str, sink: Sink) -> str:
    filled = value.replace("SINK", sink.url).replace("HOST:PORT", sink.url.partition("://")[2])
    return filled.replace("RUNTIME", str(RUNTIME))


Start = Callable[..., Function]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter's home without packages, as in the image."""
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Start]:
    """Start functions on the packages of a requirements file, or on none; each ends with the test.

    ``SINK`` in the source, and in variables, is the sink's address; ``RUNTIME`` in variables is the
    folder of surefoot.
    """
    with contextlib.ExitStack() as stack:

        def starter(
            source: str,
            packages: str | None = "requirements",
            *,
            handler: str = "app.handler",
            environ: Mapping[str, str | None] | None = None,
            client: Client = Client.SUREFOOT,
            command: list[str] | None = None,
            sink_tls: ssl.SSLContext | None = None,
        ) -> Function:
            folder = tmp_path if packages is None else install(packages)
            api = stack.enter_context(RuntimeApi(then=Then.PARK))
            sink = stack.enter_context(
                Sink(
                    lambda: len(api.complete(Route.RESPONSE, Route.ERROR, Route.INIT_ERROR)),
                    sink_tls,
                )
            )
            text = textwrap.dedent(source).replace("SINK", sink.url)
            (tmp_path / "app.py").write_text(text, encoding="utf-8")
            variables = {
                "LAMBDA_TASK_ROOT": str(folder),
                "_HANDLER": handler,
                "AWS_REGION": "eu-north-1",
                "AWS_DEFAULT_REGION": "eu-north-1",
                "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
            }
            if client is Client.SUREFOOT:
                # As bootstrap starts it.
                command = command or [str(BOOTSTRAP)]
                variables |= {"PYTHONHOME": str(home), "SUREFOOT_PYTHON": BASE_PYTHON}
                variables |= {"LAMBDA_RUNTIME_DIR": str(RUNTIME)}
                path = None
            else:
                path = str(folder)
            extra = {
                name: value and _fill_in(value, sink) for name, value in (environ or {}).items()
            }
            process = ClientProcess(
                client,
                handler,
                tmp_path,
                api.address,
                {**variables, "PYTHONPATH": path, **extra},
                command,
            )
            return Function(Running(api, stack.enter_context(process), tmp_path), sink)

        yield starter


# Under another name: functions on this interpreter, with the packages of the tests.
run = run_features
# What that fixture needs.
__all__ = ["measurement"]
