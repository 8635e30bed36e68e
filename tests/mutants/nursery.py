"""Runs tests again and again, each time in a fork of one process that has loaded pytest.

``python -m tests.mutants.nursery`` reads a JSON line for each run (``tests``: paths, ``limit``:
seconds or null) and answers it with pytest's exit code, or with -9 after the limit. Loading pytest
and its plugins takes ten times as long as the unit tests of a module. Nothing of surefoot is
loaded here: each fork imports the runtime as it is at that moment.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest

_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly")
# The plugins are there already; pytest would complain that it cannot rewrite their assertions.
_LOADED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
_MOST_DESCRIPTORS = 256
_POLL_S = 0.02
_LIMIT_REACHED = -9
# Added to pytest's own exit code: a mutant that ends the process with 0 has passed no test.
_TO_THE_END = 100


def main() -> None:
    """Serve until the end of stdin."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # There is no test in this file: that loads pytest with its plugins, and the suite's conftest.
    pytest.main([*_OPTIONS, "--collect-only", __file__])
    if any(name.partition(".")[0] == "surefoot" for name in sys.modules):
        raise SystemExit("surefoot is loaded already: no fork would see a mutant.")
    for line in sys.stdin:
        order = json.loads(line)
        print(_run(order["tests"], order["limit"]), file=answers, flush=True)


def _run(tests: list[str], limit: float | None) -> int:
    pid = os.fork()
    if pid == 0:
        _test(tests)
    ends = time.monotonic() + (limit or float("inf"))
    while time.monotonic() < ends:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) - _TO_THE_END
        time.sleep(_POLL_S)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return _LIMIT_REACHED


def _test(tests: list[str]) -> None:
    """Run the tests in this process, a session of its own, and end it."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nothing, descriptor)
        # What a mutant writes by mistake must not reach the process that reads the answers.
        os.closerange(3, _MOST_DESCRIPTORS)
        code = _TO_THE_END + int(pytest.main([*_OPTIONS, *_LOADED, *tests]))
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
