"""``surefoot seal`` in an image build: the record is made, readable, and harmless."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from rie.function import Function
from rie.images import image as images
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
FUNCTION = """\
import decimal, sqlite3

def handler(event, context):
    with open("/var/runtime/.surefoot-seal") as record:
        lines = record.read().splitlines()
    with open("/var/runtime/.surefoot-seal.init", "rb") as sealed:
        _, _, sources = sealed.read().rpartition(b"sources of a sealed init")
    return lines + sources.decode().splitlines()[2:]
"""
DOCKERFILE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY app.py ${LAMBDA_TASK_ROOT}/
RUN surefoot seal app.handler
CMD ["app.handler"]
"""


@pytest.fixture(scope="module")
def sealed(engine: DockerClient, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    directory: Path = tmp_path_factory.mktemp("sealed")
    (directory / "app.py").write_text(FUNCTION)
    (directory / "Dockerfile").write_text(DOCKERFILE)
    return images.build_function(engine, Function("test-sealed", directory, "app.handler"), image)


def test_a_sealed_function_runs_and_its_record_names_what_init_touched(
    sealed: str, start: Start
) -> None:
    answer = start("app.handler", of=sealed).invoke(b"{}")
    assert answer.outcome is InvocationOutcome.SUCCEEDED
    paths = [line.split("\t")[0] for line in json.loads(answer.body)]
    assert "/var/runtime/.surefoot-seal.init" in paths
    assert "/var/task/app.py" in paths
    assert not [path for path in paths if path.startswith("/var/task/__pycache__/app.")]
    assert any("sqlite3" in path for path in paths)
    assert any("decimal" in path for path in paths)
    assert all(path.startswith("/") for path in paths)
    assert not [path for path in paths if path.startswith(("/tmp/", "/proc/", "/dev/"))]


def test_an_image_that_is_not_sealed_has_no_record(run: Run) -> None:
    assert run(["-e", "/var/runtime/.surefoot-seal"], entrypoint=["/usr/bin/test"])[0] == 1
