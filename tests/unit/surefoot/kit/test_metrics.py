"""Lines of the embedded metric format."""

from __future__ import annotations

import json

import pytest

from surefoot.kit.metrics import format_emf


def test_a_line_names_each_metric_with_its_unit_and_value() -> None:
    line = format_emf(
        "surefoot/test",
        {"Target": "db"},
        {"Changes": (2, "Count"), "Took": (1.5, "Seconds")},
        {"step": "scale-out"},
        time_ms=1700000000000,
    )
    assert "\n" not in line
    assert json.loads(line) == {
        "_aws": {
            "Timestamp": 1700000000000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "surefoot/test",
                    "Dimensions": [["Target"]],
                    "Metrics": [
                        {"Name": "Changes", "Unit": "Count"},
                        {"Name": "Took", "Unit": "Seconds"},
                    ],
                }
            ],
        },
        "Target": "db",
        "Changes": 2,
        "Took": 1.5,
        "step": "scale-out",
    }


@pytest.mark.parametrize(
    ("dimensions", "metrics", "reason"),
    [
        ({}, {}, "0 metrics"),
        ({}, {f"m{n}": (1.0, "Count") for n in range(101)}, "101 metrics"),
        ({f"d{n}": "" for n in range(31)}, {"m": (1.0, "Count")}, "31 dimensions"),
        ({"same": "x"}, {"same": (1.0, "Count")}, "used twice"),
        ({}, {"_aws": (1.0, "Count")}, "_aws"),
    ],
)
def test_metrics_that_cloudwatch_would_drop_silently_are_rejected(
    dimensions: dict[str, str], metrics: dict[str, tuple[float, str]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        format_emf("n", dimensions, metrics)
