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
# Not by groups of pytest-xdist: its 3.8 forms none under pytest 9.2, and does not say so.
_SHARED = ("engine", "network")
_TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers: those of a folder are not known when only another one is given."""
    config.addinivalue_line("markers", "official: also against AWS's official emulator")
    config.addinivalue_line("markers", "sandbox: in containers, and not in processes")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run take only the tests that share something, or none of them."""
    parser.addoption(
        "--shared",
        choices=("only", "without"),
        help="tests that need the container engine or network namespaces: one after another",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what --shared does not ask for."""
    wanted = config.getoption("shared")
    if wanted is None:
        return
    out = [each for each in items if is_shared(each) is (wanted == "without")]
    config.hook.pytest_deselected(items=out)
    items[:] = [each for each in items if is_shared(each) is (wanted == "only")]


def is_shared(item: pytest.Item) -> bool:
    """Whether a test needs what exists once on a machine, by its fixtures or its folder."""
    folder = item.path.parent.relative_to(_TESTS)
    if folder.parts[:1] == ("image",) or folder.parts[:3] == ("integration", "rie", "aws"):
        return True
    if item.get_closest_marker("sandbox") is not None:  # its target has the engine
        return True
    return not set(_SHARED).isdisjoint(getattr(item, "fixturenames", ()))
