"""Saves an image of the local container engine to a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ...console import UserError, log

PROGRAMS = ("docker", "podman")


@contextmanager
def saved(name: str) -> Iterator[str]:
    """Save the image `name` to a temporary file, which lives as long as the context.

    Raises UserError if there is no engine or no such image, OSError if there is no room.
    """
    program = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if program is None:
        raise UserError(
            f"no container engine was found ({' or '.join(PROGRAMS)})",
            "save the image where there is one, and inspect the file: surefoot doctor --tar FILE",
            2,
        )
    log("doctor", f"saving {name} …")
    with tempfile.TemporaryDirectory(prefix="surefoot-doctor.") as folder:
        file = os.path.join(folder, "image.tar")
        with open(file, "wb") as output:
            ended = subprocess.run(
                [program, "save", "--", name],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                check=False,
            )
        if ended.returncode:
            reason = ended.stderr.decode("utf-8", "replace").strip()
            raise UserError(
                f"the engine cannot save {name}: {reason or f'status {ended.returncode}'}",
                f"check `{os.path.basename(program)} images`, and build or pull it first",
                2,
            )
        yield file
