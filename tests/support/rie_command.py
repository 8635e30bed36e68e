"""Runs `python -m rie …` as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import IO

from rie.paths import ROOT
from tests.support.popen import Popen


def rie(
    *words: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "rie", *words],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        check=False,
    )


def begin(*words: str) -> Popen[str]:
    """Start the command, with stdout and stderr to read from."""
    return Popen(
        [sys.executable, "-m", "rie", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )


def read_until(stream: IO[str] | None, text: str) -> str:
    """All lines up to the one with `text`; fails when the stream ends before."""
    assert stream is not None
    lines = []
    for line in stream:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} did not come; this did:\n{''.join(lines)}")
