"""`metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD`: quiet by a CloudWatch metric.

In each of the last COUNT periods there must be a value, and it must be below the threshold. The
newest full period may still be without one, as CloudWatch shows values late; then the COUNT before
it count. No value is no proof: an instance without is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from termination_policy.event import Instance
from termination_policy.strategy import Desk, Strategy, proven

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

PER_CALL = 500  # Source: "GetMetricData", Amazon CloudWatch API Reference
STATISTICS = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
HOW = (
    "metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD, "
    "such as metric_below:AWS/EC2 CPUUtilization Maximum 300 3 5"
)


class Quiet(NamedTuple):
    """What is quiet: `statistic` below `threshold` in each of `periods` times `period` seconds."""

    namespace: str
    name: str
    statistic: str
    period: int
    periods: int
    threshold: float


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for words that cannot be."""
    quiet = _read(argument)

    def ask(instances: Sequence[Instance], desk: Desk) -> set[str]:
        newest = int(desk.now() // quiet.period - 1) * quiet.period  # where that period begins
        values = _values(quiet, instances, desk, newest)
        return {
            one.id
            for number, one in enumerate(instances)
            if _is_quiet(quiet, values.get(f"m{number}", {}), newest)
        }

    return Strategy(proven(ask, PER_CALL), services=("cloudwatch",))


def _is_quiet(quiet: Quiet, values: dict[int, float], newest: int) -> bool:
    first = newest if newest in values else newest - quiet.period
    needed = [first - back * quiet.period for back in range(quiet.periods)]
    # A value that is no number compares as False.
    return all(when in values for when in needed) and all(
        value < quiet.threshold for value in values.values()
    )


def _values(
    quiet: Quiet, instances: Sequence[Instance], desk: Desk, newest: int
) -> dict[str, dict[int, float]]:
    """Values by query and by the time at which their period begins; incomplete ones left out."""
    client: CloudWatchClient = desk.client("cloudwatch")
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(quiet, f"m{n}", one.id) for n, one in enumerate(instances)],
        StartTime=_utc(newest - quiet.periods * quiet.period),
        EndTime=_utc(newest + quiet.period),
    )
    values: dict[str, dict[int, float]] = {}
    complete: dict[str, bool] = {}
    for page in pages:
        desk.deadline.check()
        for result in page["MetricDataResults"]:
            complete[result["Id"]] = result["StatusCode"] == "Complete"
            points = zip(result["Timestamps"], result["Values"], strict=True)
            values.setdefault(result["Id"], {}).update((int(t.timestamp()), v) for t, v in points)
    return {name: found for name, found in values.items() if complete[name]}


def _query(quiet: Quiet, name: str, instance: str) -> MetricDataQueryTypeDef:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": quiet.namespace,
                "MetricName": quiet.name,
                "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            },
            "Period": quiet.period,
            "Stat": quiet.statistic,
        },
    }


def _read(argument: str) -> Quiet:
    words = argument.split()
    if len(words) != 6 or words[2] not in STATISTICS:
        raise ValueError(HOW)
    try:
        period, count, threshold = int(words[3]), int(words[4]), float(words[5])
    except ValueError:
        raise ValueError(HOW) from None
    if period < 60 or period % 60 or not 1 <= count <= 100 or isnan(threshold):
        raise ValueError(f"{HOW}: PERIOD in whole minutes, COUNT from 1 to 100")
    return Quiet(words[0], words[1], words[2], period, count, threshold)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
