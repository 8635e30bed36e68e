"""What the acceptance tests run against: the emulator, or AWS's official one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

from rie.emulator.async_queue import AsyncSettings
from rie.emulator.background import BackgroundEmulator
from rie.emulator.function_url import UrlSettings
from rie.emulator.settings import FunctionSettings
from rie.function import Function
from rie.local.official_rie import OfficialRie
from tests.acceptance.functions import FUNCTIONS, TASK

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class Target(Protocol):
    """A place where the functions are."""

    name: str

    def client(self, function: str) -> LambdaClient:
        """A client that reaches a function."""

    def name_of(self, function: str) -> str:
        """What the function is called there."""

    def url_of(self, function: str) -> str:
        """The function URL, with a slash at its end."""


def make_client(url: str) -> LambdaClient:
    """A client for a local endpoint: no retries, no time-out of its own before the function's."""
    settings = Config(retries={"max_attempts": 0}, read_timeout=120, max_pool_connections=50)
    credentials: Any = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(
        "lambda", endpoint_url=url, region_name="us-east-1", config=settings, **credentials
    )


class EmulatorTarget:
    """All functions in one emulator. Failed asynchronous events go to the file `failures`."""

    name = "emulator"

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.failures = folder / "failures"
        settings = [
            FunctionSettings(
                Function(name, TASK, each.handler),
                memory_mb=each.memory_mb,
                timeout_s=each.timeout_s,
                variables=each.variables,
                reserved_concurrency=each.reserved_concurrency,
                snap_start=each.snap_start,
                url=UrlSettings(),
            )
            for name, each in FUNCTIONS.items()
        ]
        asynchronous = AsyncSettings(delay_factor=0.0, on_failure=str(self.failures))
        log = stack.enter_context((folder / "log").open("wb"))
        self.log = folder / "log"
        emulator = BackgroundEmulator(settings, logs=log, async_settings=asynchronous)
        self.url = stack.enter_context(emulator).url
        self._client = make_client(self.url)

    def client(self, function: str) -> LambdaClient:
        """The same for all functions."""
        del function
        return self._client

    def name_of(self, function: str) -> str:
        """The function's own name."""
        return function

    def url_of(self, function: str) -> str:
        """Under the emulator's address."""
        return f"{self.url}/url/{function}/"


class OfficialTarget:
    """One official emulator for each function, started when it is needed."""

    name = "official"

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._log = stack.enter_context((folder / "official.log").open("wb"))
        self._clients: dict[str, LambdaClient] = {}

    def client(self, function: str) -> LambdaClient:
        """A client of the emulator with that function."""
        if function not in self._clients:
            each = FUNCTIONS[function]
            emulator = OfficialRie(
                Function(function, TASK, each.handler),
                memory_mb=each.memory_mb,
                timeout_s=each.timeout_s,
                variables=each.variables,
                logs=self._log,
            )
            self._clients[function] = make_client(self._stack.enter_context(emulator).url)
        return self._clients[function]

    def name_of(self, function: str) -> str:
        """The only name that it knows."""
        del function
        return "function"

    def url_of(self, function: str) -> str:
        """It has none."""
        raise NotImplementedError(function)
