"""Settings of the whole test suite."""

from __future__ import annotations

import os
import signal
from pathlib import Path

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

# What exists once on a machine, by the fixture that stands for it: its tests run one after another.
_SHARED = ("engine", "network")
_TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers: those of a folder are not known when only another one is given."""
    config.addinivalue_line("markers", "official: also against AWS's official emulator")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say what stays together when tests run side by side (pytest -n 2 --dist loadgroup).

    A folder's tests share servers and what is costly to make. Tests that need something of _SHARED
    are one group, whatever their folder, and come first: theirs is the longest.
    """
    if not hasattr(config, "workerinput"):
        return  # not one of several
    groups = {item: group_of(item) for item in items}
    items.sort(key=lambda item: _SHARED.index(groups[item]) if groups[item] in _SHARED else 9)
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))


def group_of(item: pytest.Item) -> str:
    """The group of a test: a name of _SHARED, or its folder."""
    needed = set(getattr(item, "fixturenames", ()))
    folder = item.path.parent.relative_to(_TESTS)
    if folder.parts[:1] == ("image",) or folder.parts[:3] == ("integration", "rie", "aws"):
        return "engine"
    return next((name for name in _SHARED if name in needed), str(folder))
