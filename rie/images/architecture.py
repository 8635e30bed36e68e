"""The two processor architectures of Lambda, and which of them an engine can build."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rie.errors import UserError

ARCHITECTURES = ("amd64", "arm64")  # Docker's names
LAMBDA_NAMES = {"amd64": "x86_64", "arm64": "arm64"}
_SPELLINGS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}  # the kernel's names, and those of wheels
_INTERPRETERS = {name: f"qemu-{machine}" for name, machine in MACHINES.items()}
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


def own_architecture() -> str:
    """Docker's name of this machine's architecture. Raises UserError for one Lambda lacks."""
    return normalize(platform.machine())


def is_emulated(architecture: str, binfmt: Path = _BINFMT) -> bool:
    """Whether this machine's kernel starts programs of `architecture` with an emulation."""
    return _enabled(binfmt / _INTERPRETERS[architecture])


def platform_for(wanted: str | None, engine: Mapping[str, Any], binfmt: Path = _BINFMT) -> str:
    """Docker's platform for a build, after a check that `engine` can run its steps.

    `engine` is the engine's information (``docker info``); without `wanted` it is the engine's own
    architecture. Raises UserError where neither the processor nor an emulation can do it.
    """
    own = normalize(str(engine["Architecture"]))
    arch = own if wanted is None else normalize(wanted)
    if arch == own or _EMULATING in str(engine.get("OperatingSystem")):
        return f"linux/{arch}"
    if is_emulated(arch, binfmt):
        return f"linux/{arch}"
    raise UserError(
        f"this engine runs {own} and has no emulation of {arch}: the build's steps cannot run",
        f"build on a machine of {arch}, or enable an emulation (Debian, root): make emulation",
    )


def _enabled(registration: Path) -> bool:
    try:
        return registration.read_text(encoding="ascii").startswith("enabled")
    except OSError:
        return False
