"""Functions in .zip files, with layers, in containers of the base image; and extensions there."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.emulator.background import BackgroundEmulator
from rie.emulator.settings import FunctionSettings
from rie.function import Function
from rie.images import image as images
from rie.local.client import InvocationOutcome, invoke
from rie.local.package import unpacked

if TYPE_CHECKING:
    from docker import DockerClient

APP = """
import os, pathlib, shared, signal, subprocess, sys, time

signal.signal(signal.SIGTERM, lambda *_: (print("runtime: SIGTERM", flush=True), sys.exit(0)))
at_start = pathlib.Path("/tmp/registered").exists()
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
    return {
        "calls": calls[0],
        "extension_first": at_start,
        "shared": shared.VALUE,
        "tool": subprocess.run(["tool"], capture_output=True, text=True).stdout,
        "task": sorted(os.listdir("/var/task")),
        "root": os.environ["LAMBDA_TASK_ROOT"],
        "uid": os.getuid(),
        "handler": os.environ["_HANDLER"],
        "read_only": not (os.access("/var/task", os.W_OK) or os.access("/opt", os.W_OK)),
        "sigint": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    }
"""
# Of the image's Python: an extension is any program.
EXTENSION = """#!/var/lang/bin/python3
import http.client, json, os, pathlib, sys, time

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, "/2020-01-01/extension/" + path, body, headers)
    answer = connection.getresponse()
    return answer.headers, json.loads(answer.read() or b"null")

time.sleep(0.2)  # the runtime would be faster, if it did not wait
events = json.dumps({"events": ["INVOKE", "SHUTDOWN"]})
name = pathlib.Path(__file__).name
pathlib.Path("/tmp/registered").touch()
headers, _ = call("POST", "register", events, Lambda_Extension_Name=name)
identity = {"Lambda_Extension_Identifier": headers["Lambda-Extension-Identifier"]}
while True:
    _, event = call("GET", "event/next", **identity)
    print("extension:", event["eventType"], event.get("shutdownReason", ""), flush=True)
    if event["eventType"] == "SHUTDOWN":
        break
    if os.environ.get("CRASHES"):
        os._exit(9)
"""


def pack(archive: Path, files: Mapping[str, tuple[int, str]]) -> str:
    with zipfile.ZipFile(archive, "w") as target:
        for name, (mode, text) in files.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | mode) << 16
            target.writestr(info, text)
    return str(archive)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A function and its layer, in .zip files."""
    folder = tmp_path_factory.mktemp("packed")
    function = pack(folder / "zipped.zip", {"app.py": (0o644, APP)})
    layer = {
        "python/shared.py": (0o644, "VALUE = 'of the layer'"),
        "bin/tool": (0o755, "#!/bin/sh\necho a tool"),
        "extensions/watcher": (0o755, EXTENSION),
        "extensions/README": (0o644, "not a program"),
    }
    return function, pack(folder / "layer.zip", layer)


class Zipped:
    """The function under the emulator, and what was logged."""

    def __init__(self, stack: ExitStack, settings: FunctionSettings, log: Path) -> None:
        self._log = log
        self._file = stack.enter_context(log.open("wb"))
        self._emulator = stack.enter_context(BackgroundEmulator([settings], logs=self._file))

    def ask(self, event: str = "") -> Any:
        result = invoke(self._emulator.url, json.dumps(event).encode())
        expected = event not in {"die", "hang", "grow", "crash"}
        assert (result.outcome is InvocationOutcome.SUCCEEDED) is expected, result.body
        return json.loads(result.body)

    @property
    def log(self) -> str:
        return self._log.read_text()


Open = Callable[..., Zipped]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def open_zipped(
    engine: DockerClient, image: str, packed: tuple[str, str], tmp_path: Path, stack: ExitStack
) -> Iterator[Open]:
    def opened(**options: Any) -> Zipped:
        package = stack.enter_context(unpacked(packed[0], "app.handler", [packed[1]]))
        base = FunctionSettings(package.function, image=image, memory_mb=128, **options)
        return Zipped(stack, package.apply_to(base), tmp_path / "log")

    yield opened
    stack.close()
    assert engine.containers.list(all=True, filters={"label": "dev.surefoot.emulator"}) == []


def test_a_zip_function_finds_code_layers_and_extensions_as_on_lambda(
    open_zipped: Open, stack: ExitStack
) -> None:
    zipped = open_zipped()
    answers = [zipped.ask(), zipped.ask()]
    assert answers[1] == {
        "calls": 2,
        "extension_first": True,
        "shared": "of the layer",
        "tool": "a tool\n",
        "task": ["app.py"],
        "root": "/var/task",
        "uid": 993,
        "handler": "app.handler",
        "read_only": True,
        "sigint": True,
    }
    stack.close()
    lines = zipped.log.splitlines()
    heard = [line for line in lines if line.startswith(("extension: ", "runtime: "))]
    assert heard[:2] == ["extension: INVOKE ", "extension: INVOKE "]
    assert sorted(heard[2:]) == ["extension: SHUTDOWN spindown", "runtime: SIGTERM"]
    assert "Max Memory Used: 0 MB" not in zipped.log


@pytest.mark.parametrize(
    ("event", "error_type", "reason"),
    [
        ("die", "Runtime.ExitError", "failure"),
        ("hang", "Sandbox.Timedout", "timeout"),
        ("grow", "Runtime.OutOfMemory", "failure"),
    ],
)
def test_after_a_failure_the_extension_hears_why_and_all_starts_again(
    open_zipped: Open, stack: ExitStack, event: str, error_type: str, reason: str
) -> None:
    zipped = open_zipped(timeout_s=8)
    assert zipped.ask()["calls"] == 1
    assert zipped.ask(event)["errorType"] == error_type
    assert zipped.ask()["calls"] == 1
    stack.close()  # what is printed comes after the answer, by a way of its own
    if event != "grow":  # the kernel may have chosen the extension
        assert f"extension: SHUTDOWN {reason}" in zipped.log


def test_an_extension_that_crashes_fails_the_invocation(open_zipped: Open) -> None:
    zipped = open_zipped(variables={"CRASHES": "1"})
    failure = zipped.ask("hang")
    assert failure["errorType"] == "Extension.Crash"
    assert "extension watcher ended with status 9" in failure["errorMessage"]


def test_the_extensions_of_an_image_run_in_its_container(
    engine: DockerClient, image: str, tmp_path: Path, stack: ExitStack
) -> None:
    folder = tmp_path / "task"
    folder.mkdir()
    (folder / "app.py").write_text(APP.replace("shared.VALUE", "''").replace("shared, ", ""))
    (folder / "watcher").write_text(EXTENSION)
    (folder / "watcher").chmod(0o755)
    (folder / "Dockerfile").write_text(
        "ARG SUREFOOT_IMAGE\nFROM ${SUREFOOT_IMAGE}\nCOPY app.py /var/task/\n"
        "COPY watcher /opt/extensions/\nCOPY watcher /opt/bin/tool\n"
        'CMD ["app.handler"]\n'
    )
    function = Function("test-extensions", folder, "app.handler")
    tag = images.build_function(engine, function, image)
    zipped = Zipped(stack, FunctionSettings(function, image=tag), tmp_path / "log")
    assert zipped.ask("die")["errorType"] == "Runtime.ExitError"
    stack.close()
    assert "extension: SHUTDOWN failure" in zipped.log
    assert engine.containers.list(all=True, filters={"label": "dev.surefoot.emulator"}) == []
