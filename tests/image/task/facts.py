"""A handler that returns what it finds around it, under the names of the table in CONTRACT.md."""

from __future__ import annotations

import grp
import locale
import os
import pwd
import resource
import stat
import sys
import time
from pathlib import Path
from typing import Any

_LIMITS = ("NOFILE", "NPROC", "CORE", "MEMLOCK", "STACK")


def handler(event: Any, context: Any) -> dict[str, str]:
    """All facts as text; absent ones are missing."""
    found = {f"variable {name}": value for name, value in os.environ.items()}
    found |= {
        f"limit {name}": str(resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[0])
        for name in _LIMITS
    }
    found |= _user() | _mounts()
    found["directory"] = str(Path.cwd())
    found["sys.path"] = sys.path[0]
    found["time zone"] = time.tzname[0]
    found["file names"] = sys.getfilesystemencoding()
    found["text"] = locale.getpreferredencoding(do_setlocale=False)
    found["memory_limit_in_mb"] = repr(context.memory_limit_in_mb)
    found["invoked_function_arn"] = context.invoked_function_arn
    return found


def _user() -> dict[str, str]:
    found = {"user": f"{os.getuid()}:{os.getgid()}"}
    try:
        found["user name"] = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        found["user name"] = "(none)"
    try:
        found["group name"] = grp.getgrgid(os.getgid()).gr_name
    except KeyError:
        found["group name"] = "(none)"
    return found


def _mounts() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if place in ("/", "/tmp"):
            shown = [word for word in options.split(",") if word in ("ro", "rw", "nosuid", "nodev")]
            found[f"mount {place}"] = " ".join([kind, *shown])
            found[f"exec {place}"] = "no" if "noexec" in options.split(",") else "yes"
    for place in ("/tmp", "/var/task", "/opt", "/dev/shm", "/etc/passwd"):
        try:
            state = os.stat(place)  # noqa: PTH116
        except OSError:
            found[f"mode {place}"] = "(none)"
        else:
            mode = stat.S_IMODE(state.st_mode)
            found[f"mode {place}"] = f"{mode:04o} {state.st_uid}:{state.st_gid}"
    return found
