"""What the end of a forked child's coroutine means to its parent."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from surefoot._process.child_exit import exit_code
from tests.support.process import RUNTIME


@pytest.mark.parametrize(
    ("error", "code", "printed"),
    [
        (None, 0, ""),
        (SystemExit(), 0, ""),
        (SystemExit(3), 3, ""),
        (SystemExit(256 + 4), 4, ""),
        (SystemExit("text"), 1, "text\n"),
        (KeyboardInterrupt(), 130, ""),
        (ValueError("v"), 1, "ValueError: v\n"),
    ],
)
def test_the_exit_code_is_that_of_a_program_that_ends_so(
    capsys: pytest.CaptureFixture[str], error: BaseException | None, code: int, printed: str
) -> None:
    assert exit_code(error) == code
    assert capsys.readouterr().err == printed


def test_exit_functions_run_and_what_streams_keep_back_is_out() -> None:
    source = """
import atexit, io, sys
from surefoot._process.child_exit import end_child
sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
atexit.register(print, "at exit", end="")
end_child(SystemExit(5))
"""
    environ = {"PATH": os.defpath, "PYTHONPATH": str(RUNTIME)}
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, env=environ, check=False
    )
    assert (done.returncode, done.stdout) == (5, "at exit")
