"""AWS's testing package for durable functions: what it needs, and what it leaves to do."""

from __future__ import annotations

import sys

import pytest

if sys.version_info < (3, 11):
    pytest.skip("AWS's SDK of durable functions needs Python 3.11", allow_module_level=True)

from aws_durable_execution_sdk_python.lambda_service import InvocationStatus
from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner

__all__ = ["DurableFunctionTestRunner", "InvocationStatus", "close_loop"]


def close_loop(runner: DurableFunctionTestRunner) -> None:
    """Close what a runner that was closed leaves open: its scheduler's event loop."""
    scheduler = runner._scheduler
    scheduler._thread.join()
    scheduler._loop.close()
