"""A pytest plugin: installs the sealed finder before the tests import anything of botocore."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from surefoot._runtime import sealed_file, sealed_init

VARIABLE = "SUREFOOT_TESTS_SEALED"
_counts = {"modules": 0, "models": 0}


def _install() -> None:
    """Install it and count what it serves."""
    loaded = [name for name in sys.modules if name.partition(".")[0] in ("botocore", "boto3")]
    finder: Any = sealed_init.install(os.environ[VARIABLE])
    if loaded or finder is None:
        raise pytest.UsageError(f"the sealed file is of no use here: {loaded[:3] or 'not valid'}")
    find = finder.find_spec

    def find_and_count(*words: Any) -> Any:
        spec = find(*words)
        _counts["modules"] += spec is not None
        return spec

    kind: Any = sealed_file.SealedFile
    data = kind.data

    def data_and_count(file: Any, *part: Any) -> Any:
        _counts["models"] += 1
        return data(file, *part)

    finder.find_spec = find_and_count
    kind.data = data_and_count


if VARIABLE in os.environ:
    # Now, not in a hook of pytest's: the tests' conftest.py imports botocore.
    _install()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was served: without that, the tests would prove nothing."""
    terminalreporter.write_line(
        "served from the sealed file: {modules} modules, {models} models".format(**_counts)
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if nothing was served."""
    if not all(_counts.values()) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
