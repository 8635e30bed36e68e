from __future__ import annotations

import os
import signal
import subprocess
import sys

from rie.local.process_tree import (
    find_descendants,
    is_dying,
    measure_peak_kb,
    measure_proportional_kb,
    measure_resident_kb,
    members_of_session,
    send_signal,
)
from tests.support.popen import Popen

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=0, start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""


def test_children_are_found_in_whichever_session_they_are() -> None:
    with Popen(
        [sys.executable, "-c", _PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert find_descendants(parent.pid) == [parent.pid, child]
        assert members_of_session(parent.pid) == [parent.pid]
        assert measure_peak_kb([parent.pid]) >= measure_resident_kb([parent.pid]) > 1000
        assert 0 < measure_proportional_kb([parent.pid]) <= measure_peak_kb([parent.pid])
        assert not is_dying(parent.pid)
        parent.communicate()  # its stdin ends, the child's too
    assert is_dying(parent.pid)
    assert find_descendants(parent.pid) == [parent.pid]
    assert measure_peak_kb([parent.pid]) == 0
    send_signal([parent.pid], signal.SIGKILL)  # it is gone, and that is no error


def test_a_process_that_was_sent_sigkill_is_dying() -> None:
    with Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        os.kill(process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert is_dying(process.pid)
