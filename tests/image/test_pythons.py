"""The same Dockerfile with other CPythons than the default: they build, seal, run and answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import find
from rie.images import debian_python, interpreter, local_bases
from rie.images import image as images
from rie.images.image import PYTHON_LABEL
from rie.images.interpreter import DEFAULT_VERSION
from rie.local.client import PATH
from rie.local.sandbox import Sandbox
from rie.paths import ROOT
from tests.image.test_contents import MODULES, PYTHON, UNCOMPILED, UNREADABLE

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
# 3.13 is taken from this machine, 3.15 from Debian; the other tests use the default.
OTHERS = ("3.13", "3.15")
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


def build(engine: DockerClient, checkout: Path, version: str) -> str:
    tag = f"surefoot:test-{version}"
    return images.build(engine, images.LOCAL, tag=tag, source=checkout, python=version)


def curl(url: str, event: str) -> str:
    command = ["curl", "-sS", "--max-time", "60", "-XPOST", f"{url}{PATH}", "-d", event]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize("version", OTHERS)
def test_it_builds_seals_runs_and_answers_curl(
    engine: DockerClient, checkout: Path, start: Start, run: Run, version: str
) -> None:
    if version not in debian_python.VERSIONS and not has(version):
        with pytest.raises(UserError, match=f"there is no CPython {version} on this machine"):
            build(engine, checkout, version)
        return
    image = build(engine, checkout, version)
    assert run([VERSION], of=image, entrypoint=[PYTHON, "-c"]) == (0, f"{version}\n")
    assert run([MODULES], of=image, entrypoint=[PYTHON, "-c"]) == (0, "/var/lang\n")
    assert run([UNREADABLE], of=image, entrypoint=[PYTHON, "-c"]) == (0, "")
    assert run([UNCOMPILED], of=image, entrypoint=[PYTHON, "-c"]) == (0, "")
    sealed = images.build_function(engine, find("echo"), image)
    assert engine.images.get(sealed).labels[PYTHON_LABEL] == version
    sandbox = start("app.handler", of=sealed)
    assert json.loads(curl(sandbox.url, '{"a": 1}'))["event"] == {"a": 1}


def has(version: str) -> bool:
    try:
        return interpreter.find_version(version).minor == version
    except UserError:
        return False


def test_the_default_is_in_the_image_and_answers_curl(image: str, start: Start, run: Run) -> None:
    assert run([VERSION], entrypoint=[PYTHON, "-c"]) == (0, f"{DEFAULT_VERSION}\n")
    assert json.loads(curl(start("app.inspect").url, "{}"))


def test_packages_are_installed_and_found_where_cpythons_own_builds_have_them(run: Run) -> None:
    # Debian's have dist-packages, and look in /usr/local.
    place = f"/var/lang/lib/python{DEFAULT_VERSION}/site-packages\n"
    assert run([PACKAGES], entrypoint=[PYTHON, "-c"]) == (0, place)
    status, path = run(["import sys; print(*sys.path, sep='\\n')"], entrypoint=[PYTHON, "-c"])
    assert status == 0
    assert place.strip() in path.splitlines()


def test_the_base_brings_no_interpreter_and_no_library_of_one(run: Run) -> None:
    names = "/usr/bin/python* /usr/lib/python* /usr/lib/*/libpython* /usr/lib/*/libsqlite3*"
    command = ["-c", f"ls -d {names} 2>/dev/null; true"]
    assert run(command, of=local_bases.BASE_TAG, entrypoint=["/bin/sh"]) == (0, "")


def test_the_dockerfile_has_the_same_default() -> None:
    assert f"ARG PYTHON_VERSION={DEFAULT_VERSION}\n" in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("version", ["3", "3.9", "2.7", "3.14.1", "latest", "3.x", ""])
def test_what_is_no_version_is_refused_before_anything_is_made(version: str) -> None:
    with pytest.raises(
        UserError, match=r"PYTHON_VERSION is .* no CPython from 3\.10 on"
    ) as refused:
        images.check_python(version)
    assert f"PYTHON_VERSION={DEFAULT_VERSION}" in refused.value.remedy


def test_a_version_that_is_nowhere_is_named_with_a_remedy() -> None:
    with pytest.raises(UserError, match=r"no CPython 3\.99 on this machine") as refused:
        interpreter.find_version("3.99")
    assert "uv python install 3.99" in refused.value.remedy
    assert f"PYTHON_VERSION={DEFAULT_VERSION}" in refused.value.remedy
