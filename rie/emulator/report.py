"""The lines that Lambda itself writes to a function's log."""

from __future__ import annotations

import math
from datetime import datetime, timezone

from rie.emulator.invocation import Failure, Report
from rie.emulator.settings import VERSION


def format_start(request_id: str) -> str:
    """The line before an invocation's own."""
    return f"START RequestId: {request_id} Version: {VERSION}"


def format_end(request_id: str) -> str:
    """The line after an invocation's own."""
    return f"END RequestId: {request_id}"


def format_report(request_id: str, report: Report, failure: Failure | None) -> str:
    """Measured durations and memory; since August 2025 the init phase is billed, too."""
    billed = math.ceil(report.duration_ms + (report.init_ms or 0.0))
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {report.memory_mb} MB",
        f"Max Memory Used: {report.used_mb} MB",
    ]
    if report.init_ms is not None:
        fields.append(f"Init Duration: {report.init_ms:.2f} ms")
    if report.restore_ms is not None:
        fields.append(f"Restore Duration: {report.restore_ms:.2f} ms")
    if failure is not None and failure.timed_out:
        fields.append("Status: timeout")
    elif failure is not None:
        fields += ["Status: error", f"Error Type: {failure.error_type}"]
    return "\t".join([*fields, ""])


def format_init_report(init_ms: float, phase: str, failure: Failure) -> str:
    """The line about an init phase that failed; `phase` is init or invoke."""
    fields = [f"INIT_REPORT Init Duration: {init_ms:.2f} ms", f"Phase: {phase}"]
    if failure.timed_out:
        fields.append("Status: timeout")
    else:
        fields += ["Status: error", f"Error Type: {failure.error_type}"]
    return "\t".join(fields)


def format_timeout(request_id: str, timeout_s: float) -> str:
    """The line about an invocation that took too long."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{now} {request_id} {describe_timeout(timeout_s)}"


def describe_timeout(timeout_s: float) -> str:
    """What the error says, too."""
    return f"Task timed out after {timeout_s:.2f} seconds"
