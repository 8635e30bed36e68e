"""``surefoot seal`` in an image build: the record is made, readable, and harmless."""

from __future__ import annotations

import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.images import image as images
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from tests.support.wheel import write_wheel

if TYPE_CHECKING:
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


# What init writes, itself and through a program.
WRITES = """\
import os, subprocess

os.makedirs("/tmp/model", exist_ok=True)
with open("/tmp/model/weights.bin", "wb") as file:
    file.write(bytes(6_000_000))
with open(os.path.expanduser("~/.session"), "w") as file:
    file.write("token=abc")
subprocess.run(["/bin/sh", "-c", "mkdir -p /var/tmp/a && echo x >/var/tmp/a/b"], check=True)
with open("/tmp/earlier") as file:
    EARLIER = file.read()

def handler(event, context):
    return sorted(os.listdir("/tmp")), EARLIER
"""
# What a build has no value or way for.
NEEDS = """\
import os, urllib.request

TABLE = os.environ["TABLE"]
if "WITH_NETWORK" in os.environ:
    urllib.request.urlopen("http://127.0.0.1:1/latest", timeout=1)

def handler(event, context):
    return TABLE
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


def build(engine: DockerClient, folder: Path, image: str, source: str, recipe: str) -> str:
    # A source of its own each time: a seal that the engine takes from its cache says nothing.
    (folder / "app.py").write_text(source + f"# {os.urandom(8).hex()}\n")
    (folder / "Dockerfile").write_text(recipe)
    return images.build_function(engine, Function("test-sealing", folder, "app.handler"), image)


def sealing_layer(engine: DockerClient, tag: str) -> int:
    """The size of the layer that the seal made."""
    layers = engine.images.get(tag).history()
    return int(next(layer["Size"] for layer in layers if "surefoot seal" in layer["CreatedBy"]))


LEFT = "find /tmp /var/tmp /dev/shm -mindepth 1; find / -xdev -name .session"


def test_what_init_wrote_is_not_in_the_image(
    engine: DockerClient, image: str, run: Run, tmp_path: Path
) -> None:
    recipe = DOCKERFILE.replace("RUN surefoot", "RUN echo old >/tmp/earlier\nRUN surefoot")
    ignored = "--ignore SF111=on-purpose --ignore SF117=on-purpose"
    recipe = recipe.replace("seal app", f"seal --strict {ignored} app")
    tag = build(engine, tmp_path, image, WRITES, recipe)
    # What was there before stays, of every user.
    assert run(["-c", LEFT], of=tag, entrypoint=["/bin/sh"]) == (0, "/tmp/earlier\n")
    assert sealing_layer(engine, tag) < 1_000_000


def test_an_init_that_needs_a_variable_is_sealed_with_a_warning_and_runs(
    engine: DockerClient,
    image: str,
    start: Start,
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tag = build(engine, tmp_path, image, NEEDS, DOCKERFILE)
    said = capsys.readouterr().err
    assert "warning: app.handler: its init failed" in said
    assert "KeyError: 'TABLE'" in said
    assert run(["-e", "/var/runtime/.surefoot-seal"], of=tag, entrypoint=["/usr/bin/test"])[0] == 1
    answer = start("app.handler", of=tag, variables={"TABLE": "orders"}).invoke(b"{}")
    assert (answer.outcome, answer.body) == (InvocationOutcome.SUCCEEDED, b'"orders"')


def test_a_variable_for_init_is_given_and_not_kept(
    engine: DockerClient, image: str, run: Run, tmp_path: Path
) -> None:
    recipe = DOCKERFILE.replace("seal app", "seal --strict --env TABLE=for-init app")
    tag = build(engine, tmp_path, image, NEEDS, recipe)
    assert run(["-e", "/var/runtime/.surefoot-seal"], of=tag, entrypoint=["/usr/bin/test"])[0] == 0
    assert not [name for name in engine.images.get(tag).attrs["Config"]["Env"] if "TABLE" in name]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("--strict", "its init failed, as reported above"),
        ("--strict --env TABLE=x --env WITH_NETWORK=1", "its init failed, as reported above"),
        ("--env TABLE", "--env TABLE has no value"),
    ],
)
def test_a_strict_seal_fails_the_build(
    engine: DockerClient,
    image: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: str,
    reason: str,
) -> None:
    recipe = DOCKERFILE.replace("seal app", f"seal {options} app")
    with pytest.raises(UserError, match="surefoot seal"):
        build(engine, tmp_path, image, NEEDS, recipe)
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "apart"),
    [("--no-compile", False), ("", True)],
    ids=["as the recipe says", "compiled by pip"],
)
def test_bytecode_is_in_one_layer_only_and_a_note_says_where_it_is_not(
    engine: DockerClient,
    image: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: str,
    apart: bool,
) -> None:
    write_wheel(tmp_path)
    pip = f"RUN pip install {options} --no-index --find-links . greeting -t .\nRUN surefoot"
    recipe = DOCKERFILE.replace("COPY app.py", "COPY *.whl app.py").replace("RUN surefoot", pip)
    tag = build(engine, tmp_path, image, "import greeting\n" + FUNCTION, recipe)
    paths = [path for layer in layers_of(engine, tag) for path in layer if "greeting" in path]
    assert len([path for path in paths if path.endswith(".pyc")]) == (2 if apart else 1)
    assert ("had bytecode of another form" in capsys.readouterr().err) is apart


def test_what_pip_compiled_is_replaced_in_the_layer_of_the_seal(
    engine: DockerClient, image: str, tmp_path: Path
) -> None:
    write_wheel(tmp_path)
    pip = "RUN pip install --no-index --find-links . greeting -t . && surefoot"
    recipe = DOCKERFILE.replace("COPY app.py", "COPY *.whl app.py").replace("RUN surefoot", pip)
    tag = build(engine, tmp_path, image, "import greeting\n" + FUNCTION, recipe)
    paths = [path for layer in layers_of(engine, tag) for path in layer if "greeting" in path]
    assert len([path for path in paths if path.endswith(".pyc")]) == 1


def layers_of(engine: DockerClient, tag: str) -> Iterator[list[str]]:
    """The paths of each layer."""
    with tempfile.TemporaryFile() as stream:
        for chunk in engine.images.get(tag).save():
            stream.write(chunk)
        stream.seek(0)
        with tarfile.open(fileobj=stream) as archive:
            manifest = archive.extractfile("manifest.json")
            assert manifest
            for name in json.load(manifest)[0]["Layers"]:
                member = archive.getmember(name)
                if member.issym():  # a layer that is there twice
                    continue
                with tarfile.open(fileobj=archive.extractfile(name)) as layer:
                    yield layer.getnames()
