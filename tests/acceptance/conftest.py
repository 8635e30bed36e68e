"""Each test gets a target. Those marked `official` run against AWS's emulator, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.acceptance.targets import EmulatorTarget, OfficialTarget, Target


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the targets of a test."""
    if "target" in metafunc.fixturenames:
        official = metafunc.definition.get_closest_marker("official") is not None
        names = ["emulator", "official"] if official else ["emulator"]
        metafunc.parametrize("target", names, indirect=True, scope="package")


# Not the session: other packages' tests do things to this process that an emulator in one of its
# threads would not survive.
@pytest.fixture(scope="package")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Target]]:
    folder = tmp_path_factory.mktemp("acceptance")
    with ExitStack() as stack:
        yield {
            "emulator": EmulatorTarget(stack, folder),
            "official": OfficialTarget(stack, folder),
        }


@pytest.fixture(scope="package")
def target(request: pytest.FixtureRequest, targets: dict[str, Target]) -> Target:
    return targets[request.param]


@dataclass
class Answer:
    """What boto3 returned."""

    payload: bytes
    response: dict[str, Any]

    @property
    def json(self) -> Any:
        return json.loads(self.payload)

    @property
    def error(self) -> str | None:
        return self.response.get("FunctionError")


class Caller:
    """Invokes functions of a target by boto3."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def invoke(self, function: str, event: Any = None, **options: Any) -> Answer:
        """One invocation with an event, as JSON unless it is bytes."""
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.send(function, Payload=payload, **options)

    def send(self, function: str, **options: Any) -> Answer:
        """One invocation with exactly these parameters."""
        name = options.pop("FunctionName", None) or self.target.name_of(function)
        response: Any = self.target.client(function).invoke(FunctionName=name, **options)
        return Answer(response["Payload"].read(), dict(response))


@pytest.fixture
def call(target: Target) -> Caller:
    return Caller(target)
