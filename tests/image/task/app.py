"""Handlers that say what they find in the sandbox."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
from pathlib import Path
from typing import Any


def inspect(event: Any, context: Any) -> dict[str, Any]:
    status = Path("/proc/self/status").read_text()
    return {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "groups": os.getgroups(),
        "directory": str(Path.cwd()),
        "file": __file__,
        "variables": dict(os.environ),
        "status": dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "tmp_bytes": os.statvfs("/tmp").f_blocks * os.statvfs("/tmp").f_frsize,
        "shared_memory": Path("/dev/shm").exists(),
    }


def write(event: Any, context: Any) -> str:
    """What happens when the file `path` of the event is written: "written", or an errno's name."""
    try:
        Path(event["path"]).write_text("x")
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "written"


def lock(event: Any, context: Any) -> str:
    try:
        multiprocessing.Lock()
    except OSError as error:
        return f"refused: {type(error).__name__}"
    return "made"


def fail(event: Any, context: Any) -> None:
    raise RuntimeError("on purpose")
