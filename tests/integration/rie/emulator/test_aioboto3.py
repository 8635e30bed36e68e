"""aioboto3 calls an emulator as it calls Lambda. It is installed apart, from PyPI, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from rie.emulator.background import BackgroundEmulator
from rie.paths import cached_folder
from tests.acceptance.targets import make_settings

CLIENT = Path(__file__).parent / "aioboto3_client"


def install() -> Path:
    """The folder with aioboto3 and what it needs; made once for each list of versions."""
    file = CLIENT / "requirements.txt"

    def fill(folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
        command += ["--no-deps", "--require-hashes", "--target", str(folder), "-r", str(file)]
        subprocess.run(command, check=True)

    key = f"{sys.version_info[:2]} {sys.platform}\0".encode() + file.read_bytes()
    return cached_folder("aioboto3", key, fill)


def test_aioboto3_invokes_streams_and_reads_errors(tmp_path: Path) -> None:
    packages = install()
    with (
        (tmp_path / "log").open("wb") as logs,
        BackgroundEmulator(make_settings(), logs=logs) as emulator,
    ):
        done = subprocess.run(
            [sys.executable, str(CLIENT / "client.py"), emulator.url],
            env={**os.environ, "PYTHONPATH": str(packages)},
            capture_output=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "numbers": list(range(20)),
        "stream": "chunk 0\nchunk 1\nchunk 2\n",
        "complete": True,
        "function_error": "Unhandled",
        "error_type": "LookupError",
        "event_status": 202,
        "unknown": "ResourceNotFoundException",
    }
