"""Downloads AWS's Runtime Interface Emulator, the official program in the aws-sam-cli wheel."""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from rie.cli import describe
from rie.console import print_progress
from rie.errors import UserError
from rie.paths import cache_dir


@dataclass(frozen=True)
class Release:
    """One pinned aws-sam-cli: version, SHA-256 of its wheel and of the emulators in it."""

    version: str
    wheel_sha256: str
    binary_sha256: dict[str, str]


PINNED = Release(
    version="1.170.0",
    wheel_sha256="24ebaf5ecba38dc1758089968cb89ab61e124b84e92a344fc7a2771a47f4d0bf",
    binary_sha256={
        "x86_64": "6b1e686e62ab2baf5759c412c4864276ef2a88b094fca53ec070637ccba9b9a5",
        "arm64": "ec2e5d09633d853834c008b1ef264bf834b258a94d551d2b2074966494b39a21",
    },
)
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def install(
    release: Release = PINNED, *, architecture: str | None = None, cache: Path | None = None
) -> Path:
    """The path of the emulator, fetched through pip unless it is in the cache already.

    `architecture` is x86_64 or arm64 (default: this machine's). The wheel's hash is checked by
    pip, the binary's by us, also when it comes from the cache. Raises UserError.
    """
    machine = architecture or ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    expected = release.binary_sha256.get(machine)
    if expected is None:
        raise UserError(
            f"there is no emulator for the architecture {machine}",
            f"use a machine of {' or '.join(release.binary_sha256)}",
        )
    target = (cache or cache_dir()) / "rie" / release.version / f"aws-lambda-rie-{machine}"
    if target.is_file() and _sha256(target.read_bytes()) == expected:
        return target
    print_progress(
        f"Getting the Lambda Runtime Interface Emulator (aws-sam-cli {release.version}) …"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as scratch:
        wheel = _download(release, Path(scratch))
        binary = _member(wheel, target.name)
        if _sha256(binary) != expected:
            raise UserError(
                f"{target.name} in {wheel.name} has SHA-256 {_sha256(binary)}, expected {expected}",
                "do not run it; if the pinned version was changed on purpose, "
                "change the pinned hashes in rie/images/emulator_download.py with it",
            )
        fresh = Path(scratch) / target.name
        fresh.write_bytes(binary)
        fresh.chmod(0o755)
        fresh.replace(target)  # same file system: other processes see the old file or the whole new
    return target


def _download(release: Release, directory: Path) -> Path:
    pinned = directory / "requirements.txt"
    pinned.write_text(f"aws-sam-cli=={release.version} --hash=sha256:{release.wheel_sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    command += ["--dest", str(directory), "--requirement", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return next(directory.glob("aws_sam_cli-*.whl"))
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise UserError(
            f"the aws-sam-cli {release.version} wheel does not have the pinned SHA-256 "
            f"{release.wheel_sha256}; it was refused",
            "check which package index pip uses (`pip config list`)",
        )
    reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
    raise UserError(
        f"pip could not download aws-sam-cli {release.version}: {reason[0]}",
        "check the network and `pip config list`, then try again",
    )


def _member(wheel: Path, name: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"samcli/local/rapid/{name}")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie install`."""
    describe(
        parser,
        """Download AWS's Lambda Runtime Interface Emulator and print its path.

        The official program is in the aws-sam-cli wheel, which pip downloads. Wheel and program
        have pinned SHA-256 sums. Nothing is downloaded again while the cache has it.""",
        examples=["install"],
    )
    parser.add_argument(
        "--architecture",
        choices=sorted(PINNED.binary_sha256),
        help="Processor architecture. [default: this machine's]",
    )


def execute(args: argparse.Namespace) -> int:
    """Install the emulator and print its path."""
    path = install(architecture=args.architecture)
    print(os.fspath(path))
    return 0
