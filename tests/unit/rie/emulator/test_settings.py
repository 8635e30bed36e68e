from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rie.emulator.settings import OPT, FunctionSettings
from rie.function import Function

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def make(variables: dict[str, str], opt: Path = OPT, image: str = "") -> dict[str, str]:
    function = Function("f", Path("/task"), "app.handler")
    settings = FunctionSettings(function, variables=variables, image=image, opt=opt)
    return settings.make_environment("127.0.0.1:1", "stream")


def test_a_folder_in_place_of_opt_is_found_as_layers_are(tmp_path: Path) -> None:
    given = {"PYTHONPATH": "/own", "PATH": "/usr/bin"}
    found = make(given, tmp_path)
    python = tmp_path / "python"
    paths = found["PYTHONPATH"].split(os.pathsep)
    assert paths == [f"{python}/lib/{VERSION}/site-packages", str(python), "/own"]
    assert found["PATH"] == f"/usr/bin:{tmp_path}/bin"
    assert found["LD_LIBRARY_PATH"] == f"{tmp_path}/lib"


@pytest.mark.parametrize(
    ("wrapper", "expected"), [("/opt/a/wrapper", "a/wrapper"), ("/optional/wrapper", None)]
)
def test_a_wrapper_in_opt_is_that_of_the_folder(
    tmp_path: Path, wrapper: str, expected: str | None
) -> None:
    found = make({"AWS_LAMBDA_EXEC_WRAPPER": wrapper}, tmp_path)["AWS_LAMBDA_EXEC_WRAPPER"]
    assert found == (wrapper if expected is None else str(tmp_path / expected))


def test_without_a_folder_the_paths_are_as_they_were() -> None:
    found = make({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"})
    assert "PYTHONPATH" not in found
    assert found["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/wrapper"


def test_an_image_has_an_opt_of_its_own(tmp_path: Path) -> None:
    found = make({"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}, tmp_path, image="surefoot")
    assert "PYTHONPATH" not in found
    assert found["AWS_LAMBDA_EXEC_WRAPPER"] == "/opt/wrapper"
