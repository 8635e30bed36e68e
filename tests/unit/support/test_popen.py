"""A test that fails ends the process that it has started, and shows what that said."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.support import popen
from tests.support.popen import Popen

READY = "import sys, time; print('its reason', file=sys.stderr); print(flush=True); time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"


def fail_beside(process: Popen[str]) -> None:
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        raise AssertionError("a difference")


@pytest.mark.parametrize(
    ("program", "seconds", "ending"), [(READY, 60, signal.SIGTERM), (DEAF, 0, signal.SIGKILL)]
)
def test_a_failing_test_ends_its_process_and_shows_its_stderr(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str,
    seconds: int,
    ending: int,
) -> None:
    monkeypatch.setattr(popen, "_SECONDS_TO_END", seconds)
    pipe = subprocess.PIPE
    process = Popen([sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True)
    with pytest.raises(AssertionError, match="a difference"):
        fail_beside(process)
    assert process.returncode == -ending
    assert "its reason" in capsys.readouterr().out


def test_a_test_that_passes_waits_for_the_end_of_its_process() -> None:
    with Popen([sys.executable, "-c", "raise SystemExit(7)"]) as process:
        pass
    assert process.returncode == 7
