"""Settings of the whole test suite."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# No example is timed: a busy machine is no defect. CI repeats the same examples on every run, so
# that a red run is about the change; elsewhere new ones are tried.
settings.register_profile("surefoot", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
# A shell that starts the tests in the background has SIGINT ignored, which every process of theirs
# would inherit. A handler is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.load_profile("ci" if os.environ.get("CI") else "surefoot")
