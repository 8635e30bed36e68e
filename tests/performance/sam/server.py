"""Starts `sam local start-lambda` with functions/echo as an image, in a venv of its own.

sam puts the official emulator into a copy of the image, and starts a container of it, which it
keeps for the next invocations (--warm-containers EAGER). Registries are not asked.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import requests

from rie.errors import UserError
from rie.function import find
from rie.images.engine import connect
from rie.images.image import build_function
from rie.local.official_rie import HOST, free_port
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

FUNCTION = "Echo"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
VENV = ROOT / "build" / "sam"
START_S = 180.0
_ENVIRONMENT = {
    "SAM_CLI_TELEMETRY": "0",
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def install() -> Path:
    """The program, installed from its pinned requirements if they have changed."""
    stamp = VENV / "installed"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    program = VENV / "bin" / "sam"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        print("Installing sam …", file=sys.stderr)
        venv.create(VENV, with_pip=True, clear=True)
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
        # All of them are in the file; pip would not see that its pins hold for extras, too.
        options = ["--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)]
        subprocess.run([*pip, "install", *options], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return program


@contextmanager
def serving(base: str, log: IO[bytes]) -> Iterator[str]:
    """Its base address, once it answers; its function's image is made from `base`.

    Raises UserError, EngineError without an engine.
    """
    with contextlib.closing(connect()) as client:
        image = build_function(client, find("echo"), base)
        try:
            with _started(install(), image, log) as url:
                yield url
        finally:
            _remove_copies(client, image)


@contextmanager
def _started(program: Path, image: str, log: IO[bytes]) -> Iterator[str]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="surefoot-") as folder:
        template = Path(folder, "template.json")
        template.write_text(json.dumps(_make_template(image)), encoding="utf-8")
        command = [str(program), "local", "start-lambda", "--template", str(template)]
        command += ["--host", HOST, "--port", str(port), "--skip-pull-image"]
        command += ["--warm-containers", "EAGER"]
        environment = {**os.environ, **_ENVIRONMENT, "HOME": folder, "TMPDIR": folder}
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log
        ) as process:
            try:
                _wait_for(process, port)
                yield f"http://{HOST}:{port}"
            finally:
                process.send_signal(signal.SIGINT)  # it ends its containers then


def _make_template(image: str) -> dict[str, object]:
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "PackageType": "Image",
            "ImageUri": image,
            "MemorySize": 512,
            "Timeout": 60,
        },
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {FUNCTION: function},
    }


def _remove_copies(client: DockerClient, image: str) -> None:
    """Remove what sam leaves: its copies of the image, and containers if it failed."""
    for copy in client.images.list(image.partition(":")[0]):
        for tag in (tag for tag in copy.tags if ":rapid-" in tag):
            for container in client.containers.list(all=True, filters={"ancestor": tag}):
                container.remove(force=True)
            client.images.remove(tag, force=True)


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when it takes requests: its containers run by then."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UserError(f"sam ended with status {process.returncode}", "read its log")
        with contextlib.suppress(requests.RequestException):
            requests.get(f"http://{HOST}:{port}/", timeout=1)
            return
        time.sleep(0.2)
    raise UserError(f"sam did not answer within {START_S:.0f} s", "read its log")
