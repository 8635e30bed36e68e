"""AWS's testing package for durable functions: what it needs, and what it leaves to do."""

from __future__ import annotations

import sys

import pytest

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    pytest.skip("AWS's SDK of durable functions needs Python 3.11", allow_module_level=True)

from aws_durable_execution_sdk_python.lambda_service import InvocationStatus  # noqa: E402  (skipped before)
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner  # noqa: E402

__all__ = ["DurableFunctionTestRunner", "InvocationStatus", "close_loop"]


def close_loop(runner: DurableFunctionTestRunner) -> None:
    """Close what a runner that was closed leaves open: its scheduler's event loop."""
    scheduler = runner._scheduler
    scheduler._thread.join()
    scheduler._loop.close()
