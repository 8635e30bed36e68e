"""Local places to run the acceptance tests against: the emulator, and AWS's official one."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import requests
from botocore.config import Config

from rie.demo.aws.moto_server import REGION, moto_server, variables
from rie.emulator.async_queue import AsyncSettings
from rie.emulator.background import BackgroundEmulator
from rie.emulator.function_url import BUFFERED, RESPONSE_STREAM, Cors, UrlSettings
from rie.emulator.settings import FunctionSettings
from rie.function import Function, find
from rie.images.engine import connect
from rie.images.image import LATEST, build_function
from rie.local.official_rie import OfficialRie
from tests.acceptance.functions import (
    ALIAS,
    DIMENSION,
    FUNCTIONS,
    OPT,
    SCALING,
    STACK,
    TASK,
    TASK_FUNCTION,
    AcceptanceFunction,
    make_scenarios,
)

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class Target(Protocol):
    """A place where the functions are."""

    name: str

    def client(self, function: str) -> LambdaClient:
        """A client that reaches a function."""

    def name_of(self, function: str) -> str:
        """What the function is called there."""

    def request(self, function: str, method: str, path: str, **options: Any) -> requests.Response:
        """Send an HTTP request to a path, without a slash at its start, of the function's URL."""

    def wait_for_record(self, request_id: str) -> dict[str, Any]:
        """The record of an asynchronous event of a function that is `recorded`, when it is there.

        Raises TimeoutError.
        """

    def allows(self, concurrency: int) -> bool:
        """Whether so many invocations may run at once."""


URL_TIMEOUT_S = 60
RECORD_TIMEOUT_S = 60.0  # the emulator retries without waiting


# No retries, because a second call would be a second invocation; no time-out before the function's.
CLIENT_SETTINGS = Config(retries={"max_attempts": 0}, read_timeout=120, max_pool_connections=50)


def make_client(url: str) -> LambdaClient:
    """A client for a local endpoint."""
    credentials: Any = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return boto3.client(
        "lambda", endpoint_url=url, region_name="us-east-1", config=CLIENT_SETTINGS, **credentials
    )


def make_settings(
    stack: str = "",
    aws: Mapping[str, str] | None = None,
    images: Mapping[Path, str] | None = None,
) -> list[FunctionSettings]:
    """All functions as the emulator's, named as in `stack`, or plainly.

    `aws` are variables that lead functions that call AWS to a simulated one. A function whose
    folder is in `images` runs in containers, others in processes.
    """
    prefix = f"{stack}-" if stack else ""
    return [
        FunctionSettings(
            Function(prefix + name, each.directory, each.handler),
            memory_mb=each.memory_mb,
            timeout_s=each.timeout_s,
            variables=_make_variables(each, stack, aws or {}),
            reserved_concurrency=each.reserved_concurrency,
            snap_start=each.snap_start,
            aliases=frozenset([ALIAS] if each.snap_start else []),
            url=UrlSettings(
                invoke_mode=RESPONSE_STREAM if each.url_streams else BUFFERED,
                cors=Cors(origins=[each.cors_origin], methods=["GET"])
                if each.cors_origin
                else None,
            ),
            image=(images or {}).get(each.directory, ""),
            opt=OPT,
        )
        for name, each in FUNCTIONS.items()
    ]


def _make_url(function: AcceptanceFunction) -> UrlSettings:
    cors = Cors(origins=[function.cors_origin], methods=["GET"]) if function.cors_origin else None
    return UrlSettings(RESPONSE_STREAM if function.url_streams else BUFFERED, cors)


def _make_variables(
    function: AcceptanceFunction, stack: str, aws: Mapping[str, str]
) -> dict[str, str]:
    own = {name: value.replace(STACK, stack) for name, value in function.variables.items()}
    return {**aws, **own} if function.reads_aws else own


def put_scenarios(url: str, stack: str = "") -> None:
    """Make in a simulated AWS the parameter that the stack has for scheduled_scaling."""
    client: Any = boto3.client("ssm", **_make_access(url))
    client.put_parameter(
        Name=f"{stack}-scenarios",
        Value=make_scenarios(f"{stack}-orders"),
        Type="String",
        Overwrite=True,
    )


def register_table(url: str, stack: str = "") -> None:
    """Register in a simulated AWS the bounds of the stack's table."""
    client: Any = boto3.client("application-autoscaling", **_make_access(url))
    client.register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=f"table/{stack}-orders",
        ScalableDimension=DIMENSION,
        MinCapacity=1,
        MaxCapacity=2,
    )


def _make_access(url: str) -> dict[str, Any]:
    credentials = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    return {"endpoint_url": url, "region_name": REGION, **credentials}


class EmulatorTarget:
    """All functions in one emulator. Records of asynchronous events go to a file."""

    name = "emulator"

    def __init__(
        self, stack: ExitStack, folder: Path, images: Mapping[Path, str] | None = None
    ) -> None:
        self._records = folder / "records"
        self._aws = stack.enter_context(moto_server())
        settings = make_settings(aws=variables(self._aws), images=images)
        asynchronous = AsyncSettings(
            delay_factor=0.0, on_failure=str(self._records), on_success=str(self._records)
        )
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

    def request(self, function: str, method: str, path: str, **options: Any) -> requests.Response:
        """Under the emulator's address."""
        url = f"{self.url}/url/{function}/{path}"
        return requests.request(method, url, timeout=URL_TIMEOUT_S, **options)

    def wait_for_record(self, request_id: str) -> dict[str, Any]:
        """A line of the file."""
        end = time.monotonic() + RECORD_TIMEOUT_S
        while time.monotonic() < end:
            text = self._records.read_text() if self._records.exists() else ""
            for line in text.splitlines(keepends=True):
                if line.endswith("\n") and request_id in line:
                    return dict(json.loads(line))
            time.sleep(0.01)
        raise TimeoutError(request_id)

    def prepare_aws(self) -> None:
        """Have in the simulated AWS what the stack has: other tests of this process empty it."""
        put_scenarios(self._aws)
        register_table(self._aws)

    def allows(self, concurrency: int) -> bool:
        """The limit is each function's own, and more than that wait."""
        del concurrency
        return True


class SandboxTarget(EmulatorTarget):
    """The emulator with a container for each environment, of images that are built on `base`."""

    name = "sandbox"

    def __init__(self, stack: ExitStack, folder: Path, base: str = LATEST) -> None:
        with contextlib.closing(connect()) as client:
            images = {
                TASK: build_function(client, TASK_FUNCTION, base),
                SCALING: build_function(client, find(SCALING.name), base),
            }
        super().__init__(stack, folder, images)


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

    def request(self, function: str, method: str, path: str, **options: Any) -> requests.Response:
        """It has no function URLs."""
        raise NotImplementedError(function, method, path, options)

    def wait_for_record(self, request_id: str) -> dict[str, Any]:
        """It has no asynchronous invocations."""
        raise NotImplementedError(request_id)

    def allows(self, concurrency: int) -> bool:
        """Two invocations at once end it."""
        return concurrency == 1


LOCAL_TARGETS: Mapping[str, Callable[[ExitStack, Path], Target]] = {
    "emulator": EmulatorTarget,
    "official": OfficialTarget,
    "sandbox": SandboxTarget,
}
