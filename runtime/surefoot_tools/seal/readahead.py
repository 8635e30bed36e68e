"""Makes the record of what a function's start touches, or says why there is none."""

from __future__ import annotations

import os

from . import recording
from .words import fail, say


def settle(handler: str, path: str, timeout: float, allow_failure: bool) -> int:
    """Run the init of `handler` and write the record to `path`; 0, or 1 when init fails.

    A record of an earlier build is replaced, and gone after a failure. `timeout` is in seconds;
    `allow_failure` keeps what a failing init has touched. Raises OSError.
    """
    failure = ""
    try:
        lines = recording.record(handler, os.environ, timeout)
    except recording.InitFailed as failed:
        lines, failure = failed.lines, failed.reason
    if failure and not allow_failure:
        recording.remove(path)
        return fail(
            f"{handler}: {failure}; nothing was recorded",
            "make init work without network and credentials, or keep what was touched until "
            "then: surefoot seal --allow-failure",
        )
    recording.write(lines, path)
    if failure:
        say(f"warning: {handler}: {failure}; what it had touched is recorded")
    folders = sum(line.endswith("/") for line in lines)
    print(f"{path}: {len(lines) - folders} files and {folders} folders to read ahead")
    return 0
