"""One image per session, built from a checkout under umask 077, and sandboxes that run it."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.function import Function
from rie.images import image as images
from rie.images.engine import EngineError, connect
from rie.local.sandbox import Sandbox
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

TASK = Path(__file__).parent / "task"
IMAGE = "surefoot:test"
BUILD_INPUTS = ("Dockerfile", ".dockerignore", "bootstrap", "runtime")


class Logs(io.BytesIO):
    """What a sandbox printed; it can be read after the sandbox is gone."""

    @property
    def text(self) -> str:
        return self.getvalue().decode(errors="replace")


def unavailable(reason: str) -> None:
    """Skip, or fail where REQUIRE_ENGINE says that these tests must run (as CI does)."""
    if os.environ.get("REQUIRE_ENGINE"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerClient]:
    try:
        client = connect()
    except EngineError:
        unavailable("no container engine answers; run `make engine`")
        raise  # not reached: for the type checker
    if shutil.which("mmdebstrap") is None:
        unavailable("mmdebstrap, which makes the local base, is missing; run `make engine`")
    yield client
    client.close()


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as git would write it under umask 077: nothing for group and others."""
    target = tmp_path_factory.mktemp("checkout")
    for name in BUILD_INPUTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    for path in (target, *target.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    return target


@pytest.fixture(scope="session")
def image(engine: DockerClient, checkout: Path) -> str:
    return images.build(engine, images.LOCAL, tag=IMAGE, source=checkout)


@pytest.fixture(scope="session")
def task_image(engine: DockerClient, image: str) -> str:
    """`image` with tests/image/task in /var/task."""
    return images.build_function(engine, Function("test-task", TASK, "app.inspect"), image)


Start = Callable[..., Sandbox]


@pytest.fixture
def logs() -> Logs:
    return Logs()


@pytest.fixture
def start(task_image: str, logs: Logs) -> Iterator[Start]:
    """Start a sandbox by handler name; all of them are stopped when the test ends."""
    with ExitStack() as stack:

        def started(handler: str, *, of: str = task_image, **options: Any) -> Sandbox:
            function = Function("test-task", TASK, handler)
            options.setdefault("timeout_s", 20)
            return stack.enter_context(Sandbox(of, function, logs=logs, **options))

        yield started


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(engine: DockerClient, image: str) -> Iterator[Run]:
    """Run a command in a plain container of the image, as root; its status and all it printed."""
    with ExitStack() as stack:

        def ran(command: list[str] | None, **options: Any) -> tuple[int, str]:
            container = engine.containers.create(options.pop("of", image), command, **options)
            stack.callback(container.remove, force=True, v=True)
            container.start()
            status = container.wait(timeout=60)["StatusCode"]
            return status, container.logs().decode()

        yield ran
