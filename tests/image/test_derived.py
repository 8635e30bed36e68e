"""Images built on the base image as the README says, with a real dependency, by both builders."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.function import Function
from rie.images import image as images
from rie.images.interpreter import DEFAULT_VERSION
from rie.images.offline_packages import PIP_ARGUMENTS
from rie.local.sandbox import Sandbox
from rie.paths import ROOT
from tests.image.conftest import unavailable

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
ONE_STAGE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
COPY requirements.txt ./
RUN pip install --no-compile --require-hashes -r requirements.txt -t .
COPY app.py ./
RUN surefoot seal app.handler
CMD ["app.handler"]
"""
# What builds the packages (compilers, say) stays behind in the first stage.
TWO_STAGES = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE} AS build
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
COPY requirements.txt ./
RUN pip install --no-compile --require-hashes -r requirements.txt -t /packages

FROM ${SUREFOOT_IMAGE}
COPY --from=build /packages/ ${LAMBDA_TASK_ROOT}/
COPY app.py ${LAMBDA_TASK_ROOT}/
RUN surefoot seal app.handler
CMD ["app.handler"]
"""
APP = """\
import orjson

def handler(event, context):
    return {"from": orjson.dumps(event).decode(), "file": orjson.__file__}
"""
NAMES = {"one": ONE_STAGE, "two": TWO_STAGES}


def the_readmes_dockerfile() -> str:
    text = (ROOT / "bootstrap" / "README.md").read_text()
    block = re.search(r"\n\n((?:    .*\n|\n)*    RUN surefoot seal app\.handler\n.*\n)", text)
    assert block, "the README shows how to build on the image"
    return re.sub(r"^    ", "", block[1], flags=re.MULTILINE).strip("\n") + "\n"


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function with orjson, pinned as the project itself pins it, from a umask of 077."""
    pins = (ROOT / "tests" / "requirements.txt").read_text()
    pin = re.search(r"^orjson==.*\n(?:    --hash=.*\n)+", pins, re.MULTILINE)
    assert pin
    (tmp_path / "requirements.txt").write_text(pin[0])
    (tmp_path / "app.py").write_text(APP)
    for path in tmp_path.iterdir():
        path.chmod(0o600)
    return tmp_path


def build(engine: DockerClient, folder: Path, image: str, recipe: str) -> str:
    """Build as the bench does, with the plain builder; the image's tag."""
    (folder / "Dockerfile").write_text(recipe)
    return images.build_function(engine, Function("test-derived", folder, "app.handler"), image)


def buildkit_client() -> str:
    """A docker program on the PATH that speaks BuildKit without a plugin, or skip."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = shutil.which("docker", path=folder)
        if program is None:
            continue
        command = [program, "build", "--help"]
        done = subprocess.run(
            command, env={**os.environ, "DOCKER_BUILDKIT": "1"}, capture_output=True, check=False
        )
        if done.returncode == 0 and b"--progress" in done.stdout:
            return program
    unavailable("no docker program here speaks BuildKit")
    raise AssertionError  # not reached


def check(start: Start, tag: str) -> None:
    answer = start("", of=tag).invoke(b'{"a": 1}')
    assert json.loads(answer.body)["from"] == '{"a":1}', answer.body
    assert json.loads(answer.body)["file"].startswith("/var/task/orjson/")


@pytest.mark.parametrize("stages", NAMES)
def test_the_plain_builder_makes_one_that_runs(
    engine: DockerClient, image: str, start: Start, function: Path, stages: str
) -> None:
    check(start, build(engine, function, image, NAMES[stages]))


@pytest.mark.parametrize("stages", NAMES)
def test_buildkit_makes_one_that_runs(
    image: str, start: Start, function: Path, stages: str
) -> None:
    tag = f"surefoot-test-derived:buildkit-{stages}"
    (function / "Dockerfile").write_text(NAMES[stages])
    source = Function("test-derived", function, "app.handler")
    with images.packages_for(source, set(PIP_ARGUMENTS)) as arguments:
        command = [buildkit_client(), "build", "--progress", "plain", "--network", "host"]
        for name, value in {**arguments, "SUREFOOT_IMAGE": image}.items():
            command += ["--build-arg", f"{name}={value}"]
        environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
        subprocess.run([*command, "-t", tag, str(function)], env=environment, check=True)
    check(start, tag)


def test_buildkit_makes_the_base_image_too(
    engine: DockerClient, image: str, checkout: Path, run: Run
) -> None:
    arguments = {
        "BASE_IMAGE": "surefoot-base:local",
        "UV_IMAGE": "surefoot-uv:local",
        "PYTHON_VERSION": DEFAULT_VERSION,
        "UV_PYTHON_DOWNLOADS_JSON_URL": "file:///opt/uv/downloads.json",
    }
    command = [buildkit_client(), "build", "--progress", "plain", "-t", "surefoot:test-buildkit"]
    for name, value in arguments.items():
        command += ["--build-arg", f"{name}={value}"]
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    subprocess.run([*command, str(checkout)], env=environment, check=True)
    shown = run(["--version"], of="surefoot:test-buildkit", entrypoint=["surefoot"])
    assert shown == run(["--version"], entrypoint=["surefoot"])


def test_the_readme_shows_the_tested_dockerfile() -> None:
    shown = the_readmes_dockerfile()
    tested = ONE_STAGE.replace("ARG SUREFOOT_IMAGE\nFROM ${SUREFOOT_IMAGE}\n", "FROM surefoot\n")
    tested = tested.replace("ARG PIP_FIND_LINKS\nARG PIP_NO_INDEX\n", "")
    assert shown == tested


def test_each_part_of_a_seal_is_told_in_the_build(
    engine: DockerClient, image: str, function: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (function / "app.py").write_text(APP + f"# {os.urandom(8).hex()}\n")
    (function / "app.py").chmod(0o600)
    build(engine, function, image, ONE_STAGE)
    said = capsys.readouterr().err
    assert re.search(r"modes: [1-9]\d* changed .*app\.py", said)
    assert re.search(r"bytecode: [1-9]\d* compiled", said)
    assert "no problems found" in said
    assert "files and" in said


def test_a_second_seal_changes_nothing(engine: DockerClient, image: str, function: Path) -> None:
    recipe = ONE_STAGE.replace("CMD", "RUN surefoot seal app.handler\nCMD")
    tag = build(engine, function, image, recipe)
    sizes = [
        layer["Size"]
        for layer in engine.images.get(tag).history()
        if "surefoot seal" in layer["CreatedBy"]
    ]
    assert len(sizes) == 2
    assert sizes[0] == 0, "the newest first: the second wrote nothing"
    assert sizes[1] > 0
