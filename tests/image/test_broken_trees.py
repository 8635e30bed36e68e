"""Functions that stumble: each fails its image's build with the right words, and passes mended.

A tree is a folder of tests/image/broken: what is broken, what became of it by following the remedy,
and the finding. The ones with a native library are made here, out of one that is in the image.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.images.build import build_directory
from rie.images.interpreter import DEFAULT_VERSION
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
TREES = sorted(path for path in (Path(__file__).parent / "broken").iterdir() if path.is_dir())
TAG = "surefoot-test-broken"
NATIVE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY *.so app.py ./
RUN surefoot seal app.handler
CMD ["app.handler"]
"""
APP = "def handler(event, context):\n    return 'it runs'\n"


def fails(
    engine: DockerClient, folder: Path, image: str, capsys: pytest.CaptureFixture[str]
) -> str:
    """Build, which must fail in the seal; all that was said."""
    with pytest.raises(UserError, match="surefoot seal"):
        build_directory(engine, folder, f"{TAG}:broken", {"SUREFOOT_IMAGE": image})
    return capsys.readouterr().err


def passes(engine: DockerClient, folder: Path, image: str, start: Start) -> None:
    """Build and run."""
    tag = f"{TAG}:fixed"
    build_directory(engine, folder, tag, {"SUREFOOT_IMAGE": image})
    assert b"it runs" in start("", of=tag).invoke(b"{}").body


def report_of(output: str, code: str) -> str:
    """The part of the report that begins with a code, up to the next empty line."""
    parts = [part for part in output.split("\n  \n") if code in part] or output.split("\n\n")
    found = [part for part in parts if code in part]
    assert found, output
    return found[0][found[0].index(code) :]


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_it_fails_with_its_code_and_remedy_and_passes_when_mended(
    engine: DockerClient,
    image: str,
    start: Start,
    capsys: pytest.CaptureFixture[str],
    tree: Path,
) -> None:
    expected = json.loads((tree / "expected.json").read_text())
    report = report_of(fails(engine, tree / "broken", image, capsys), expected["code"])
    assert expected["path"] in report
    assert "remedy" in report
    passes(engine, tree / "fixed", image, start)


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_it_is_broken_without_the_seal_too_or_says_why_it_must_not_be_pushed(
    engine: DockerClient, image: str, tmp_path: Path, tree: Path
) -> None:
    """Without the seal, which finds it, the image is built; whether it runs is seen by running."""
    folder = tmp_path / "tree"
    shutil.copytree(tree / "broken", folder)
    lines = (folder / "Dockerfile").read_text().splitlines(keepends=True)
    unsealed = [line for line in lines if "surefoot seal" not in line]
    assert unsealed != lines
    (folder / "Dockerfile").write_text("".join(unsealed))
    tag = f"{TAG}:unsealed"
    build_directory(engine, folder, tag, {"SUREFOOT_IMAGE": image})
    runs = json.loads((tree / "expected.json").read_text()).get("runs", "")
    assert answers(tag) is bool(runs)


def answers(tag: str) -> bool:
    """Whether an image starts and its function answers."""
    try:
        with Sandbox(
            tag, Function("broken", Path(), ""), logs=io.BytesIO(), timeout_s=5
        ) as sandbox:
            return sandbox.invoke(b"{}").outcome is InvocationOutcome.SUCCEEDED
    except UserError:
        return False


def test_there_are_ten_of_them() -> None:
    assert len({json.loads((tree / "expected.json").read_text())["code"] for tree in TREES}) >= 10


@pytest.fixture
def native(engine: DockerClient, image: str, tmp_path: Path) -> Path:
    """A function with a real native module, which it does not import."""
    (tmp_path / "Dockerfile").write_text(NATIVE)
    (tmp_path / "app.py").write_text(APP)
    folder = f"/var/lang/lib/python{DEFAULT_VERSION}/lib-dynload"
    container = engine.containers.create(image)
    try:
        chunks, _ = container.get_archive(folder)
        content = io.BytesIO(b"".join(chunks))
    finally:
        container.remove(force=True)
    with tarfile.open(fileobj=content) as archive:
        name = next(name for name in archive.getnames() if "/_multiprocessing." in name)
        module = archive.extractfile(name)
        assert module
        (tmp_path / "fast.so").write_bytes(module.read())
    return tmp_path


def test_a_library_for_another_processor(
    engine: DockerClient,
    image: str,
    start: Start,
    native: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    passes(engine, native, image, start)
    library = native / "fast.so"
    content = bytearray(library.read_bytes())
    other = 183 if content[18] == 62 else 62  # EM_AARCH64, EM_X86_64 at e_machine
    content[18:20] = other.to_bytes(2, "little")
    library.write_bytes(content)
    report = report_of(fails(engine, native, image, capsys), "SF502")
    assert "/var/task/fast.so" in report
    assert "remedy" in report


def test_a_library_that_needs_a_newer_c_library(
    engine: DockerClient, image: str, native: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = native / "fast.so"
    content, count = re.subn(
        rb"GLIBC_2\.\d+[\d.]*\0",
        lambda found: b"GLIBC_2.99".ljust(len(found[0]), b"\0"),
        library.read_bytes(),
    )
    assert count
    library.write_bytes(content)
    report = report_of(fails(engine, native, image, capsys), "SF501")
    assert "/var/task/fast.so" in report
    assert "2.99" in report
