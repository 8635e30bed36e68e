"""What AWS's testing package for durable functions leaves to do."""

from __future__ import annotations

from aws_durable_execution_sdk_python_testing import DurableFunctionTestRunner


def close_loop(runner: DurableFunctionTestRunner) -> None:
    """Close what a runner that was closed leaves open: its scheduler's event loop."""
    scheduler = runner._scheduler
    scheduler._thread.join()
    scheduler._loop.close()
