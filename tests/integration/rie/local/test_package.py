"""`rie run function.zip`: its content, its layers and their extensions, in process mode."""

from __future__ import annotations

import json
import socket
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.local.client import invoke
from rie.local.package import unpacked
from tests.integration.rie.emulator.pools import TASKS
from tests.support.rie_command import begin, read_until, rie

APP = """
import os, shutil, subprocess, sys
import from_a_layer, shared

def handler(event, context):
    return {
        "event": event,
        "name": context.function_name,
        "shared": shared.VALUE,
        "tool": subprocess.run(["tool"], capture_output=True, text=True).stdout,
        "root": os.environ["LAMBDA_TASK_ROOT"],
        "files": [each for each in os.listdir(os.getcwd()) if each.endswith(".py")],
        "handler": os.environ["_HANDLER"],
        "execution_env": os.environ.get("AWS_EXECUTION_ENV"),
    }
"""


def pack(archive: Path, files: Mapping[str, tuple[int, str]]) -> Path:
    with zipfile.ZipFile(archive, "w") as target:
        for name, (mode, text) in files.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | mode) << 16
            target.writestr(info, text)
    return archive


@pytest.fixture
def layers(tmp_path: Path) -> list[str]:
    """A .zip file with an extension and a program, and a folder; both have the module `shared`."""
    first = pack(
        tmp_path / "first.zip",
        {
            "python/from_a_layer.py": (0o644, ""),
            "python/shared.py": (0o644, "VALUE = 'first'"),
            "bin/tool": (0o755, "#!/bin/sh\necho a tool"),
            "extensions/watcher": (0o755, (TASKS / "extension.py").read_text()),
            "extensions/README": (0o644, "not a program"),
        },
    )
    second = tmp_path / "second"
    (second / "python").mkdir(parents=True)
    (second / "python" / "shared.py").write_text("VALUE = 'second'")
    return [str(first), str(second)]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return pack(tmp_path / "my function.zip", {"app.py": (0o644, APP)})


class Ran:
    """What a run answered and printed."""

    def __init__(self, package: Path, layers: list[str], records: Path, *words: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        options = [word for layer in layers for word in ("--layer", layer)]
        options += ["--handler", "app.handler", "--env", f"RECORDS={records}", "--port", port]
        with begin("run", str(package), "--process", *options, *words) as process:
            self.said = read_until(process.stderr, "Ctrl-C ends it")
            self.answer: Any = json.loads(invoke(f"http://localhost:{port}", b'{"n": 1}').body)
            client = boto3.client(
                "lambda",
                endpoint_url=f"http://localhost:{port}",
                region_name="us-east-1",
                aws_access_key_id="any",
                aws_secret_access_key="any",
            )
            self.described: Any = client.get_function(FunctionName="function")
            process.terminate()
            process.communicate()
        self.code = process.returncode


@pytest.fixture
def ran(package: Path, layers: list[str], tmp_path: Path) -> Ran:
    (tmp_path / "records").mkdir()
    return Ran(package, layers, tmp_path / "records")


def test_a_zip_file_runs_with_its_layers_and_is_gone_afterwards(ran: Ran, tmp_path: Path) -> None:
    assert ran.code == 0
    root = Path(ran.answer.pop("root"))
    assert ran.answer == {
        "event": {"n": 1},
        "name": "my-function",
        "shared": "second",
        "tool": "a tool\n",
        "files": ["app.py"],
        "handler": "app.handler",
        "execution_env": None,
    }
    configuration = ran.described["Configuration"]
    assert {name: configuration[name] for name in ("PackageType", "Handler", "Runtime")} == {
        "PackageType": "Zip",
        "Handler": "app.handler",
        "Runtime": "custom",
    }
    assert configuration["RuntimeConfig"]["RuntimeAlias"] == "local"
    assert not root.exists()
    assert not root.parent.exists()


def test_the_extension_of_a_layer_registers_hears_and_ends(ran: Ran, tmp_path: Path) -> None:
    records = tmp_path / "records"
    [[status, described]] = map(json.loads, (records / "registered").read_text().splitlines())
    assert (status, described["functionName"]) == (200, "my-function")
    events = [json.loads(line) for line in (records / "events").read_text().splitlines()]
    assert [event["eventType"] for event in events] == ["INVOKE", "SHUTDOWN"]


def test_a_folder_with_a_layer_is_such_a_function_and_stays_where_it_is(
    layers: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (tmp_path / "records").mkdir()
    done = Ran(folder, layers, tmp_path / "records", "--watch")
    assert (done.answer["root"], done.answer["shared"]) == (str(folder), "second")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--handler", "app.handler", "--official"], "--official takes no .zip files"),
        (["--handler", "app.handler", "--watch"], "--watch watches folders"),
        ([], "does not say which handler it has"),
        (["--handler", "app.handler", "--layer", "no/layer.zip"], "there is no no/layer.zip"),
        (["--handler", "app.handler", *["--layer", "."] * 6], "6 layers: Lambda takes 5"),
    ],
)
def test_what_cannot_be_is_one_error(package: Path, words: list[str], reason: str) -> None:
    done = rie("run", str(package), "--process", *words)
    assert (done.returncode, done.stdout) == (1, b"")
    assert reason in done.stderr.decode()
    assert b"remedy: " in done.stderr


def test_a_hostile_archive_is_refused_before_anything_starts(tmp_path: Path) -> None:
    hostile = pack(tmp_path / "hostile.zip", {"../evil": (0o644, "")})
    done = rie("run", str(hostile), "--process", "--handler", "app.handler")
    assert done.returncode == 1
    assert "hostile.zip, entry '../evil': its name leads out of the folder" in done.stderr.decode()


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    done = rie("run", str(tmp_path / "none.zip"), "--process", "--handler", "app.handler")
    assert (done.returncode, b"none.zip" in done.stderr) == (1, True)


def test_modes_that_lambdas_user_cannot_read_are_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = pack(tmp_path / "f.zip", {f"file{n}.py": (0o600, "") for n in range(4)})
    with unpacked(str(archive), "app.handler", []) as package:
        assert package.layers is None
    noted = capsys.readouterr().err
    assert "cannot read file0.py, file1.py, file2.py … (4 in all)" in noted
    assert "Set 0644" in noted
