"""Environments of the emulator as containers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.emulator.background import BackgroundEmulator
from rie.emulator.settings import FunctionSettings
from rie.function import Function
from rie.local.client import InvocationOutcome, invoke

if TYPE_CHECKING:
    from docker import DockerClient

_CODE = """
import os, time

calls = [0]

def handler(event, context):
    calls[0] += 1
    if event == "die":
        os._exit(3)
    if event == "hang":
        time.sleep(600)
    if event == "grow":
        block = bytearray()
        while True:
            block += b"x" * (16 << 20)
    print("printed", b"\\xff".decode("latin-1"), end="", flush=True)
    with open("/tmp/file", "w") as file:
        file.write("written")
    try:
        open("/var/task/file", "w")
    except OSError as error:
        refused = error.errno
    return {"uid": os.getuid(), "calls": calls[0], "refused": refused,
            "root": os.environ["LAMBDA_TASK_ROOT"]}
"""

# Of this module's image: other tests have containers of theirs.
CONTAINERS: dict[str, str | list[str] | bool] = {
    "label": "dev.surefoot.emulator",
    "ancestor": "surefoot-test-emulator:latest",
}


@pytest.fixture(scope="module")
def emulator(
    engine: DockerClient, image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """Its address and its log."""
    from rie.images import image as images

    folder = tmp_path_factory.mktemp("task")
    (folder / "app.py").write_text(_CODE)
    function = Function("test-emulator", folder, "app.handler")
    tag = images.build_function(engine, function, image)
    settings = FunctionSettings(function, image=tag, memory_mb=128, timeout_s=20)
    path = tmp_path_factory.mktemp("log") / "log"
    with path.open("wb") as log, BackgroundEmulator([settings], logs=log) as emulator:
        yield emulator.url, path
    assert engine.containers.list(filters=CONTAINERS) == []


def ask(emulator: tuple[str, Path], event: str) -> Any:
    result = invoke(emulator[0], json.dumps(event).encode())
    assert result.outcome is InvocationOutcome.SUCCEEDED, result.body
    return json.loads(result.body)


def test_a_container_is_lambdas_user_with_a_read_only_root(emulator: tuple[str, Path]) -> None:
    seen = ask(emulator, "")
    assert (seen["uid"], seen["root"], seen["refused"]) == (993, "/var/task", 30)
    log = emulator[1].read_text()
    assert "printed ÿ\nEND RequestId" in log
    assert "Max Memory Used: 0 MB" not in log


def test_it_is_used_again_and_paused_between_invocations(
    engine: DockerClient, emulator: tuple[str, Path]
) -> None:
    first = ask(emulator, "")
    [container] = engine.containers.list(filters=CONTAINERS)
    while container.status != "paused":  # the engine is asked in the background
        container.reload()
    assert ask(emulator, "")["calls"] == first["calls"] + 1


def test_its_end_is_an_error_and_another_takes_its_place(emulator: tuple[str, Path]) -> None:
    result = invoke(emulator[0], b'"die"')
    assert result.outcome is InvocationOutcome.RUNTIME_FAILED
    assert b"exit status 3" in result.body
    assert ask(emulator, "")["calls"] == 1


def test_its_memory_is_limited(emulator: tuple[str, Path]) -> None:
    result = invoke(emulator[0], b'"grow"')
    assert b"Runtime.OutOfMemory" in result.body
    assert ask(emulator, "")["calls"] == 1
