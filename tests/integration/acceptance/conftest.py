"""Fixtures: AWS as moto with an emulator for Lambda's calls, and the command against it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from rie.emulator.async_queue import AsyncSettings
from rie.emulator.background import BackgroundEmulator
from rie.paths import ROOT
from tests.acceptance.targets import make_settings
from tests.integration.functions.conftest import aws, moto_url  # noqa: F401 (fixtures)
from tests.integration.rie.aws.conftest import image  # noqa: F401 (a fixture)
from tests.support.aws import ACCOUNT, REGION, variables
from tests.support.aws_proxy import AwsProxy, serve_aws_proxy

STACK = "acceptance-test"


def given(uri: str) -> list[str]:
    """Options that name an image for all functions, so that none is pushed."""
    return ["--image", uri, "--scaling-image", uri]


@dataclass(frozen=True)
class Done:
    """How the command ended."""

    code: int
    out: str
    err: str


class Command:
    """Runs `python -m tests.acceptance aws` in a process of its own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {**os.environ, **environ}

    @contextmanager
    def start(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Start it; it is ended with the context."""
        import cfnlint  # noqa: F401  (what it checks its template with; not every Python has it)

        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance", "aws", "--stack", STACK, *words],
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *words: str) -> Done:
        """Run it to its end."""
        with self.start(*words) as process:
            out, err = process.communicate(timeout=300)
        return Done(process.returncode, out, err)

    def run_interrupted(self, words: Sequence[str], sign: str, number: signal.Signals) -> Done:
        """Run it, and send a signal when stderr has a line with `sign`."""
        with self.start(*words) as process:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if sign in line:
                    process.send_signal(number)
                    break
            out, err = process.communicate(timeout=300)
        return Done(process.returncode, out, "".join(lines) + err)


@pytest.fixture
def aws_proxy(aws: str) -> Iterator[AwsProxy]:  # noqa: F811 (a fixture)
    """All services but Lambda, as scripted and otherwise moto."""
    with serve_aws_proxy(aws) as served:
        yield served


@pytest.fixture(scope="session")
def lambda_url(
    moto_url: str,  # noqa: F811 (a fixture)
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """An emulator that has the stack's functions, whose records go to its queue in moto."""
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{STACK}-records"
    log = tmp_path_factory.mktemp("lambda") / "log"
    settings = AsyncSettings(delay_factor=0.0, on_failure=queue, on_success=queue)
    with (
        log.open("wb") as logs,
        BackgroundEmulator(
            make_settings(STACK, variables(moto_url)), logs=logs, async_settings=settings
        ) as lambdas,
    ):
        yield lambdas.url


@pytest.fixture
def command(aws_proxy: AwsProxy, lambda_url: str) -> Command:
    return Command({"AWS_ENDPOINT_URL": aws_proxy.url, "AWS_ENDPOINT_URL_LAMBDA": lambda_url})


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "record.json"
