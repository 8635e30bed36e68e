"""Settings of the whole test suite."""

from __future__ import annotations

import os

from hypothesis import settings

# No example is timed: a busy machine is no defect. CI repeats the same examples on every run, so
# that a red run is about the change; elsewhere new ones are tried.
settings.register_profile("surefoot", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "surefoot")
