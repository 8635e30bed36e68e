"""Each test gets a target. Those marked `official` run against AWS's emulator, too.

The command (`python -m tests.acceptance`) runs them against one target that it has made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from rie.images.image import build_function
from tests.acceptance.functions import TASK, TASK_FUNCTION
from tests.acceptance.run import find_run
from tests.acceptance.targets import LOCAL_TARGETS, EmulatorTarget, Target
from tests.image.conftest import checkout, engine, image  # noqa: F401 (fixtures)

if TYPE_CHECKING:
    from docker import DockerClient


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the targets of a test: that of the command, else all local ones that can run it."""
    if "target" not in metafunc.fixturenames:
        return
    run = find_run(metafunc.config)
    if run is not None:
        names = [run.target.name]
    elif metafunc.definition.get_closest_marker("sandbox") is not None:
        names = ["sandbox"]
    elif metafunc.definition.get_closest_marker("official") is not None:
        names = ["emulator", "official"]
    else:
        names = ["emulator"]
    metafunc.parametrize("target", names, indirect=True, scope="package")


# Not the session: other packages' tests do things to this process that an emulator in one of its
# threads would not survive.
@pytest.fixture(scope="package")
def targets(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Target]]:
    run = find_run(request.config)
    if run is not None:
        yield {run.target.name: run.target}
        return
    folder = tmp_path_factory.mktemp("acceptance")
    with ExitStack() as stack:
        yield {name: LOCAL_TARGETS[name](stack, folder) for name in ("emulator", "official")}


@pytest.fixture(scope="package")
def sandbox_target(
    engine: DockerClient,  # noqa: F811 (a fixture)
    image: str,  # noqa: F811 (a fixture)
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Target]:
    """The tests' image in containers, on the image that all image tests use."""
    tag = build_function(engine, TASK_FUNCTION, image)
    with ExitStack() as stack:
        yield EmulatorTarget(stack, tmp_path_factory.mktemp("sandbox"), {TASK: tag})


@pytest.fixture(scope="package")
def target(request: pytest.FixtureRequest, targets: dict[str, Target]) -> Target:
    if request.param not in targets:
        made: Target = request.getfixturevalue("sandbox_target")
        return made
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

    def need_concurrency(self, count: int) -> None:
        """Skip the test where fewer invocations may run at once."""
        if not self.target.allows(count):
            pytest.skip(f"the target allows fewer than {count} invocations at once")


@pytest.fixture
def call(target: Target) -> Caller:
    return Caller(target)
