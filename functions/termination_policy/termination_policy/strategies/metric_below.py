"""`metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD`: idle by a CloudWatch metric.

In each of the last COUNT periods there must be a value, and it must be below the threshold. The
newest full period may still be without one, as CloudWatch shows values late; then the COUNT before
it count. A missing value proves nothing: the instance is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from math import isnan
from typing import TYPE_CHECKING, NamedTuple

from termination_policy.event import Instance
from termination_policy.strategy import Strategy, StrategyContext, filter_in_batches

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

BATCH_SIZE = 500  # Source: "GetMetricData", Amazon CloudWatch API Reference
STATISTICS = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
USAGE = (
    "metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD, "
    "such as metric_below:AWS/EC2 CPUUtilization Maximum 300 3 5"
)


class MetricThreshold(NamedTuple):
    """`statistic` must be below `threshold` in each of `periods` times `period` seconds."""

    namespace: str
    name: str
    statistic: str
    period: int
    periods: int
    threshold: float


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for impossible words."""
    threshold = _read(argument)

    def ask(instances: Sequence[Instance], context: StrategyContext) -> set[str]:
        newest = (
            int(context.now() // threshold.period - 1) * threshold.period
        )  # where that period begins
        values = _values(threshold, instances, context, newest)
        return {
            one.id
            for number, one in enumerate(instances)
            if _is_below_threshold(threshold, values.get(f"m{number}", {}), newest)
        }

    return Strategy(filter_in_batches(ask, BATCH_SIZE), services=("cloudwatch",))


def _is_below_threshold(threshold: MetricThreshold, values: dict[int, float], newest: int) -> bool:
    first = newest if newest in values else newest - threshold.period
    needed = [first - back * threshold.period for back in range(threshold.periods)]
    # NaN compares as False.
    return all(when in values for when in needed) and all(
        value < threshold.threshold for value in values.values()
    )


def _values(
    threshold: MetricThreshold, instances: Sequence[Instance], context: StrategyContext, newest: int
) -> dict[str, dict[int, float]]:
    """Return values by query and start of their period, without incomplete results."""
    client: CloudWatchClient = context.client("cloudwatch")
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(threshold, f"m{n}", one.id) for n, one in enumerate(instances)],
        StartTime=_utc(newest - threshold.periods * threshold.period),
        EndTime=_utc(newest + threshold.period),
    )
    values: dict[str, dict[int, float]] = {}
    complete: dict[str, bool] = {}
    for page in pages:
        context.deadline.check()
        for result in page["MetricDataResults"]:
            complete[result["Id"]] = result["StatusCode"] == "Complete"
            points = zip(result["Timestamps"], result["Values"], strict=True)
            values.setdefault(result["Id"], {}).update((int(t.timestamp()), v) for t, v in points)
    return {name: found for name, found in values.items() if complete[name]}


def _query(threshold: MetricThreshold, name: str, instance: str) -> MetricDataQueryTypeDef:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": threshold.namespace,
                "MetricName": threshold.name,
                "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            },
            "Period": threshold.period,
            "Stat": threshold.statistic,
        },
    }


def _read(argument: str) -> MetricThreshold:
    words = argument.split()
    if len(words) != 6 or words[2] not in STATISTICS:
        raise ValueError(USAGE)
    try:
        period, count, threshold = int(words[3]), int(words[4]), float(words[5])
    except ValueError:
        raise ValueError(USAGE) from None
    if period < 60 or period % 60 or not 1 <= count <= 100 or isnan(threshold):
        raise ValueError(f"{USAGE}: PERIOD in whole minutes, COUNT from 1 to 100")
    return MetricThreshold(words[0], words[1], words[2], period, count, threshold)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
