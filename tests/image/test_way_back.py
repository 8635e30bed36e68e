"""The way back to AWS's client: an image that carries it, and what is said where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.images import image as images
from rie.images import local_bases
from rie.images.build import build_directory
from rie.images.image import AWSLAMBDARIC
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from tests.image.test_contents import PYTHON, UNCOMPILED, UNREADABLE

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.image.conftest import Logs

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
FUNCTION = """\
import sys

def handler(event, context):
    print("logged by", context.function_name)
    return [name for name in ("surefoot", "awslambdaric") if name in sys.modules]

def fail(event, context):
    raise ValueError("on purpose")
"""
VERSION = "import importlib.metadata; print(importlib.metadata.version('awslambdaric'))"
PACKAGES = "import os, sysconfig; print(*os.listdir(sysconfig.get_path('purelib')))"


@pytest.fixture(scope="module")
def way_back(engine: DockerClient, checkout: Path) -> str:
    """The image with AWS's client in it."""
    tag = "surefoot:test-way-back"
    return images.build(engine, images.LOCAL, tag=tag, source=checkout, with_awslambdaric=True)


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Function:
    directory = tmp_path_factory.mktemp("function")
    (directory / "app.py").write_text(FUNCTION)
    return Function("test-way-back", directory, "app.handler")


@pytest.fixture(scope="module")
def built(engine: DockerClient, way_back: str, function: Function) -> str:
    """One function, built once: what runs it is decided at run time alone."""
    return images.build_function(engine, function, way_back)


@pytest.mark.parametrize(
    ("variables", "client"),
    [
        ({}, "surefoot"),
        ({"SUREFOOT_CLIENT": "surefoot"}, "surefoot"),
        ({"SUREFOOT_CLIENT": "awslambdaric"}, "awslambdaric"),
    ],
)
def test_a_variable_decides_which_client_runs_the_function(
    built: str, start: Start, logs: Logs, variables: dict[str, str], client: str
) -> None:
    sandbox = start("app.handler", of=built, variables=variables)
    for _ in range(2):
        answer = sandbox.invoke(b"{}")
        assert (answer.outcome, answer.body) == (
            InvocationOutcome.SUCCEEDED,
            f'["{client}"]'.encode(),
        )
    sandbox.stop()
    assert logs.text.count("logged by test-task") == 2


def test_awslambdaric_reports_the_functions_errors(built: str, start: Start) -> None:
    sandbox = start("app.fail", of=built, variables={"SUREFOOT_CLIENT": "awslambdaric"})
    answer = sandbox.invoke(b"{}")
    assert answer.outcome is InvocationOutcome.FUNCTION_FAILED
    report = answer.report()
    assert report is not None
    assert (report["errorType"], report["errorMessage"]) == ("ValueError", "on purpose")


def test_carries_the_pinned_version_compiled_and_readable(way_back: str, run: Run) -> None:
    pinned = re.search(r"^awslambdaric==(\S+)", AWSLAMBDARIC.read_text(), re.MULTILINE)
    assert pinned is not None
    assert run([VERSION], of=way_back, entrypoint=[PYTHON, "-c"]) == (0, f"{pinned[1]}\n")
    assert run([UNREADABLE], of=way_back, entrypoint=[PYTHON, "-c"]) == (0, "")
    assert run([UNCOMPILED], of=way_back, entrypoint=[PYTHON, "-c"]) == (0, "")


def test_without_the_build_argument_nothing_of_it_is_in_the_image(run: Run) -> None:
    status, output = run([PACKAGES], entrypoint=[PYTHON, "-c"])
    assert status == 0
    assert not [name for name in output.split() if re.match("awslambda|simplejson|snapshot", name)]


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("awslambdaric", "build the base image with --build-arg WITH_AWSLAMBDARIC=1"),
        ("awslambdarik", "SUREFOOT_CLIENT is 'awslambdarik'; it takes surefoot or awslambdaric"),
    ],
)
def test_a_client_that_is_not_there_is_one_sentence(
    start: Start, logs: Logs, client: str, said: str
) -> None:
    sandbox = start("app.inspect", variables={"SUREFOOT_CLIENT": client})
    assert sandbox.invoke(b"{}").outcome is InvocationOutcome.RUNTIME_FAILED
    sandbox.stop()
    assert said in logs.text
    assert "Traceback" not in logs.text


def test_a_build_argument_that_is_neither_yes_nor_no_fails_the_build(
    engine: DockerClient, image: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uv_image, arguments = local_bases.ensure_uv(engine)
    arguments |= {
        "UV_IMAGE": uv_image,
        "BASE_IMAGE": local_bases.BASE_TAG,
        "WITH_AWSLAMBDARIC": "yes",
    }
    with pytest.raises(UserError, match="the build failed"):
        build_directory(engine, checkout, "surefoot:refused", arguments)
    assert "WITH_AWSLAMBDARIC is 'yes'; it takes 1 or 0." in capsys.readouterr().err
