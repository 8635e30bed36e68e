"""Settings of the whole test suite."""

from __future__ import annotations

import os
import signal

import pytest
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

# Fixtures that exist once on a machine: the tests that need one run one after another.
_SHARED = ("engine", "network")
# Folders whose tests all work on the engine's images, under whichever fixture.
_ENGINE_FOLDERS = frozenset(("image", "aws"))


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers: those of a folder are not known when only another one is given."""
    config.addinivalue_line("markers", "official: also against AWS's official emulator")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what must stay together when tests run in parallel (pytest -n 2 --dist loadgroup).

    A folder's tests share servers and what is costly to make; a fixture of _SHARED has one name,
    tag or namespace on the whole machine.
    """
    if not hasattr(config, "workerinput"):
        return  # not one of several
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        shared = next((name for name in _SHARED if name in names), "")
        if _ENGINE_FOLDERS.intersection(item.path.parts):
            shared = "engine"
        item.add_marker(pytest.mark.xdist_group(shared or str(item.path.parent)))
