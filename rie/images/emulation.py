"""`rie emulation`: lets this machine run programs of Lambda's other architecture.

The kernel's binfmt_misc starts QEMU for them, also in containers: Debian registers it with the
flag F, which opens QEMU once, outside of them. Source: Documentation/admin-guide/binfmt-misc.rst.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

from rie.cli import describe
from rie.console import get_stderr_fd, print_progress
from rie.images.architecture import ARCHITECTURES, MACHINES, is_emulated, own_architecture
from rie.images.engine import EngineError, install

PACKAGES = ("qemu-user-static", "binfmt-support", "arch-test")  # mmdebstrap asks the last one
_BINFMT = Path("/proc/sys/fs/binfmt_misc")


def enable(architecture: str) -> None:
    """Install and register an emulation of `architecture`, amd64 or arm64. Raises EngineError."""
    install(PACKAGES)
    if not is_emulated(architecture):
        if os.geteuid() != 0:
            raise EngineError(
                f"registering an emulation of {architecture} needs root",
                "run `sudo make emulation`",
            )
        if not (_BINFMT / "register").exists():
            _run("mount", "-t", "binfmt_misc", "binfmt_misc", str(_BINFMT))
        _run("update-binfmts", "--enable", f"qemu-{MACHINES[architecture]}")
    if not is_emulated(architecture):
        raise EngineError(
            f"the kernel did not register an emulation of {architecture}",
            "build on a machine of that architecture",
        )


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, stdout=get_stderr_fd(), check=False)
    except OSError as error:
        raise EngineError(f"{command[0]} does not start: {error.strerror}", "install it") from error
    if done.returncode:
        raise EngineError(f"`{' '.join(command)}` failed", "read its reason above")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie emulation`."""
    describe(
        parser,
        f"""Let this machine build and run images of the other architecture.

        On Debian as root: installs {", ".join(PACKAGES)} with apt-get and registers QEMU in the
        kernel. Does nothing where that is done already.""",
        examples=["emulation"],
    )


def execute(args: argparse.Namespace) -> int:
    """Enable the emulation; 0 when the kernel has it at the end. Raises EngineError."""
    del args
    (other,) = set(ARCHITECTURES) - {own_architecture()}
    enable(other)
    print_progress(f"This machine runs programs of {other}. Next: make image ARCH={other}")
    return 0
