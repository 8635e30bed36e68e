"""CloudWatch metrics as log lines, in the embedded metric format (EMF), without an API call.

Source: "Specification: Embedded metric format", Amazon CloudWatch User Guide.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

MAX_DIMENSIONS = 30
MAX_METRICS = 100


def format_emf(
    namespace: str,
    dimensions: Mapping[str, str],
    metrics: Mapping[str, tuple[float, str]],
    properties: Mapping[str, object] | None = None,
    *,
    time_ms: int | None = None,
) -> str:
    """Return one line that CloudWatch Logs turns into metrics; print it to stdout as it is.

    :param metrics: name → (value, unit), the unit one of CloudWatch's, such as ``Count``
    :param properties: further members of the line, searchable in the log, not metrics
    :param time_ms: milliseconds since the epoch (default: now)
    :raises ValueError: more dimensions or metrics than the format allows, or a name used twice
    """
    if len(dimensions) > MAX_DIMENSIONS:
        raise ValueError(f"{len(dimensions)} dimensions; EMF takes at most {MAX_DIMENSIONS}")
    if not 0 < len(metrics) <= MAX_METRICS:
        raise ValueError(f"{len(metrics)} metrics in a line; EMF takes 1 to {MAX_METRICS}")
    members = [*dimensions, *metrics, *(properties or {})]
    if len(set(members)) != len(members) or "_aws" in members:
        raise ValueError(f"a name is used twice in an EMF line, or is _aws: {members}")
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit} for name, (_, unit) in metrics.items()],
    }
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000) if time_ms is None else time_ms,
            "CloudWatchMetrics": [directive],
        },
        **dimensions,
        **{name: value for name, (value, _) in metrics.items()},
        **(properties or {}),
    }
    return json.dumps(line)
