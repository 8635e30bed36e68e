"""The two processor architectures of Lambda, and which of them an engine can build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rie.errors import UserError

ARCHITECTURES = ("amd64", "arm64")  # Docker's names; Lambda's are x86_64 and arm64
_SPELLINGS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_INTERPRETERS = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_EMULATING = "Docker Desktop"  # brings emulation inside its own virtual machine


def normalize(name: str) -> str:
    """Docker's name of an architecture. Raises UserError for one that Lambda does not have."""
    try:
        return _SPELLINGS[name.lower()]
    except KeyError:
        raise UserError(
            f"Lambda has no architecture {name}", f"choose {' or '.join(ARCHITECTURES)}"
        ) from None


def platform_for(wanted: str | None, engine: Mapping[str, Any], binfmt: Path = _BINFMT) -> str:
    """Docker's platform for a build, after a check that `engine` can run its steps.

    `engine` is the engine's information (``docker info``); without `wanted` it is the engine's own
    architecture. Raises UserError where neither the processor nor an emulation can do it.
    """
    own = normalize(str(engine["Architecture"]))
    arch = own if wanted is None else normalize(wanted)
    if arch == own or _EMULATING in str(engine.get("OperatingSystem")):
        return f"linux/{arch}"
    if _enabled(binfmt / _INTERPRETERS[arch]):
        return f"linux/{arch}"
    raise UserError(
        f"this engine runs {own} and has no emulation of {arch}: the build's steps cannot run",
        f"build on a machine of {arch}, or install an emulation (on Debian: apt-get install "
        "qemu-user-static binfmt-support)",
    )


def _enabled(registration: Path) -> bool:
    try:
        return registration.read_text(encoding="ascii").startswith("enabled")
    except OSError:
        return False
