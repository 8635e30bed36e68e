"""Building: functions on top of the image, and what is said when a registry is out of reach."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.__main__ import main
from rie.errors import UserError
from rie.function import Function
from rie.images import image as images
from rie.images.build import build_directory
from rie.images.image import build_function
from rie.local.sandbox import Sandbox
from tests.support.wheel import write_wheel

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
WITH_PIP = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY . ./
RUN pip install --no-compile --no-index --find-links . -r requirements.txt -t .
CMD ["app.handler"]
"""


def test_pip_installs_a_functions_requirements(
    engine: DockerClient, image: str, start: Start, tmp_path: Path
) -> None:
    write_wheel(tmp_path)
    (tmp_path / "requirements.txt").write_text("greeting==1.0\n")
    (tmp_path / "app.py").write_text("import greeting\ndef handler(e, c): return greeting.TEXT\n")
    (tmp_path / "Dockerfile").write_text(WITH_PIP)
    built = build_function(engine, Function("test-pip", tmp_path, "app.handler"), image)
    answer = start("app.handler", of=built).invoke(b"{}")
    assert json.loads(answer.body) == "hello"


@pytest.mark.parametrize("base", images.REGISTRY_BASES)
def test_an_unreachable_registry_is_one_sentence_with_the_way_out(
    engine: DockerClient, tmp_path: Path, base: str
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM registry.invalid/lambda/provided:{base}\n")
    with pytest.raises(UserError, match=r"registry\.invalid cannot be reached") as caught:
        build_directory(engine, tmp_path, "surefoot:unreachable", {})
    assert "BASE=local" in caught.value.remedy


@pytest.mark.parametrize(("base", "warned"), [("al2", True), ("al2023", False)])
def test_a_base_out_of_support_is_said_before_anything_is_built(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    base: str,
    warned: bool,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert main(["image", "--base", base]) == 1
    said = capsys.readouterr().err
    assert "no container engine answers" in said
    assert ("out of support since 2026-07-31" in said) is warned
    assert ("BASE=al2023" in said) is warned


def test_a_missing_image_names_the_command_that_makes_it(
    engine: DockerClient, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="no image surefoot:never-built") as caught:
        build_function(engine, Function("x", tmp_path, "app.handler"), "surefoot:never-built")
    assert "make image" in caught.value.remedy
