"""The image for the other architecture, under emulation: it builds, seals, runs and answers curl.

Only where the kernel emulates that architecture already (`make emulation`).
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.aws.push import local_image
from rie.aws.push.preflight import run_doctor
from rie.function import Function
from rie.images import image as images
from rie.images.architecture import (
    ARCHITECTURES,
    MACHINES,
    is_emulated,
    normalize,
    own_architecture,
)
from rie.images.emulator_download import ARCHITECTURES as EMULATORS
from rie.images.emulator_download import install
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from rie.paths import ROOT
from tests.image.test_contents import MODULES, PYTHON, UNREADABLE
from tests.image.test_derived import APP, ONE_STAGE
from tests.image.test_pythons import curl

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
(OTHER,) = set(ARCHITECTURES) - {normalize(platform.machine())}
MACHINE = "import platform; print(platform.machine())"

pytestmark = pytest.mark.skipif(
    not is_emulated(OTHER), reason=f"no emulation of {OTHER} here; `make emulation` enables one"
)


@pytest.fixture(scope="module")
def foreign(engine: DockerClient, checkout: Path) -> str:
    tag = f"surefoot:test-{OTHER}"
    return images.build(engine, images.LOCAL, tag=tag, source=checkout, architecture=OTHER)


@pytest.fixture(scope="module")
def sealed(engine: DockerClient, foreign: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The README's recipe on it, with a package that has native code."""
    folder: Path = tmp_path_factory.mktemp("foreign")
    pins = (ROOT / "tests" / "requirements.txt").read_text()
    pin = re.search(r"^orjson==.*\n(?:    --hash=.*\n)+", pins, re.MULTILINE)
    assert pin
    (folder / "requirements.txt").write_text(pin[0])
    (folder / "app.py").write_text(APP)
    (folder / "Dockerfile").write_text(ONE_STAGE)
    return images.build_function(engine, Function("test-foreign", folder, "app.handler"), foreign)


def test_it_is_an_image_of_that_architecture_with_an_interpreter_that_works(
    engine: DockerClient, foreign: str, run: Run
) -> None:
    found = engine.images.get(foreign).attrs
    assert (found["Os"], found["Architecture"]) == ("linux", OTHER)
    assert run([MACHINE], of=foreign, entrypoint=[PYTHON, "-c"]) == (0, f"{MACHINES[OTHER]}\n")
    assert run([MODULES], of=foreign, entrypoint=[PYTHON, "-c"]) == (0, "/var/lang\n")
    assert run([UNREADABLE], of=foreign, entrypoint=[PYTHON, "-c"]) == (0, "")


def test_a_sealed_function_runs_and_answers_curl(sealed: str, start: Start) -> None:
    sandbox = start("", of=sealed, timeout_s=120, memory_mb=1024)
    answer = json.loads(curl(sandbox.url, '{"a": 1}'))
    assert answer["from"] == '{"a":1}'
    assert answer["file"].startswith("/var/task/orjson/")
    assert sandbox.invoke(b"{}").outcome is InvocationOutcome.SUCCEEDED


def test_its_emulator_is_aws_s_official_one(engine: DockerClient, foreign: str, run: Run) -> None:
    expected = hashlib.sha256(install(architecture=EMULATORS[OTHER]).read_bytes()).hexdigest()
    status, output = run(
        ["/usr/local/bin/aws-lambda-rie"], of=foreign, entrypoint=["/usr/bin/sha256sum"]
    )
    assert (status, output.split()[0]) == (0, expected)


def test_the_doctor_accepts_it_and_finds_a_library_of_this_machine(
    engine: DockerClient, foreign: str, sealed: str, tmp_path: Path
) -> None:
    assert run_doctor(sealed) == []
    shutil.copy(Path("/bin/sh").resolve(), tmp_path / "fast.so")
    (tmp_path / "app.py").write_text("def handler(event, context): return None\n")
    built = images.build_function(engine, Function("test-wrong", tmp_path, "app.handler"), foreign)
    (blocker,) = run_doctor(built)
    assert "(SF502)" in blocker.reason
    assert own_architecture() in blocker.reason


def test_it_can_be_pushed_for_that_architecture_only(engine: DockerClient, sealed: str) -> None:
    found = local_image.inspect(engine, sealed)
    assert list(local_image.find_blockers(found, OTHER, allow_stand_in=True)) == []
    (blocker,) = local_image.find_blockers(found, own_architecture(), allow_stand_in=True)
    assert f"is for linux/{OTHER}, not linux/{own_architecture()}" in blocker.reason
