"""A pytest plugin: tests that need a package which this interpreter cannot have are skipped.

SUREFOOT_TESTS_LACK names the packages, each with the reason, as a JSON object. A test is skipped at
the moment it imports one of them, with that reason; without the variable nothing is skipped.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys

import pytest

VARIABLE = "SUREFOOT_TESTS_LACK"
# Where a package's modules are not called as the package is.
_MODULES = {"cfn-lint": "cfnlint", "pyyaml": "yaml", "pydantic-core": "pydantic_core"}


class _Finder:
    """Skips the test that imports a module of a package that is not there."""

    def __init__(self, lacking: dict[str, str]) -> None:
        self._reasons = {
            _MODULES.get(name, name.replace("-", "_")): why for name, why in lacking.items()
        }

    def find_spec(self, name: str, *_: object) -> None:
        if reason := self._reasons.get(name.partition(".")[0]):
            pytest.skip(reason, allow_module_level=True)


def pytest_configure(config: pytest.Config) -> None:
    lacking = json.loads(os.environ.get(VARIABLE, "{}"))
    if lacking:
        sys.meta_path.insert(0, _Finder(lacking))


def pytest_report_header() -> list[str]:
    lacking = json.loads(os.environ.get(VARIABLE, "{}"))
    version = importlib.metadata.version("pytest")
    return [f"pytest {version}", *(f"skipped with their tests: {why}" for why in lacking.values())]
