"""`metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD DIMENSION=VALUE …`: it is low.

A metric has exactly the dimensions it was published with, so those can be written; without any it
is InstanceId alone. Their values may contain {InstanceId} and what else FIELDS has of an instance.
In each of the last COUNT periods there must be a value, and it must be below the threshold. The
newest full period may still be without one, as CloudWatch shows values late; then the COUNT before
it count. A missing value proves nothing: the instance is dropped.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

from termination_policy.event import Instance
from termination_policy.instances import BATCH_SIZE as EC2_BATCH_SIZE
from termination_policy.instances import describe_instances
from termination_policy.strategy import Strategy, StrategyContext, batches, filter_in_batches

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

BATCH_SIZE = 500  # Source: "GetMetricData", Amazon CloudWatch API Reference
STATISTICS = frozenset({"Average", "Maximum", "Minimum", "SampleCount", "Sum"})
MAX_DIMENSIONS = 30  # Source: "Dimension", Amazon CloudWatch API Reference
# What values of dimensions may contain, and what EC2 says of it; None: known without a call.
FIELDS: Mapping[str, Callable[[Mapping[str, Any]], str] | None] = {
    "InstanceId": None,
    "AvailabilityZone": None,
    "AutoScalingGroupName": None,
    "InstanceType": lambda found: str(found["InstanceType"]),
    "ImageId": lambda found: str(found["ImageId"]),
    "PrivateDnsName": lambda found: str(found["PrivateDnsName"]),
    "HostName": lambda found: str(found["PrivateDnsName"]).partition(".")[0],
    "PrivateIpAddress": lambda found: str(found["PrivateIpAddress"]),
}
_FIELD = re.compile(r"\{([A-Za-z]+)\}")
USAGE = (
    "metric_below:NAMESPACE NAME STATISTIC PERIOD COUNT THRESHOLD, "
    "such as metric_below:AWS/EC2 CPUUtilization Maximum 300 3 5, and after it other dimensions "
    "than InstanceId, such as host={PrivateDnsName} Role=worker"
)


class MetricThreshold(NamedTuple):
    """`statistic` must be below `threshold` in each of `periods` times `period` seconds."""

    namespace: str
    name: str
    statistic: str
    period: int
    periods: int
    threshold: float
    dimensions: tuple[tuple[str, str], ...] = (("InstanceId", "{InstanceId}"),)

    @property
    def fields(self) -> frozenset[str]:
        """What must be known of an instance."""
        return frozenset(name for _, text in self.dimensions for name in _FIELD.findall(text))


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for impossible words."""
    threshold = _read(argument)

    def ask(instances: Sequence[Instance], context: StrategyContext) -> set[str]:
        newest = (
            int(context.now() // threshold.period - 1) * threshold.period
        )  # where that period begins
        metrics = _dimensions(threshold, instances, context)
        known = [one for one in instances if one.id in metrics]
        values = _values(threshold, [metrics[one.id] for one in known], context, newest)
        return {
            one.id
            for number, one in enumerate(known)
            if _is_below_threshold(threshold, values.get(f"m{number}", {}), newest)
        }

    of_ec2 = ("ec2",) if any(FIELDS[name] for name in threshold.fields) else ()
    return Strategy(filter_in_batches(ask, BATCH_SIZE), services=("cloudwatch", *of_ec2))


def _is_below_threshold(threshold: MetricThreshold, values: dict[int, float], newest: int) -> bool:
    first = newest if newest in values else newest - threshold.period
    needed = [first - back * threshold.period for back in range(threshold.periods)]
    # NaN compares as False.
    return all(when in values for when in needed) and all(
        value < threshold.threshold for value in values.values()
    )


def _dimensions(
    threshold: MetricThreshold, instances: Sequence[Instance], context: StrategyContext
) -> dict[str, dict[str, str]]:
    """Return the dimensions of each instance's metric, without instances EC2 does not know."""
    described: dict[str, Mapping[str, Any]] = {one.id: {} for one in instances}
    asked = [name for name in threshold.fields if FIELDS[name]]
    if asked:
        described = {
            found["InstanceId"]: found
            for batch in batches(instances, EC2_BATCH_SIZE)
            for found in describe_instances(batch, context)
            if all(found.get("PrivateDnsName" if n == "HostName" else n) for n in asked)
        }
    group = context.group.rpartition("autoScalingGroupName/")[2]
    metrics: dict[str, dict[str, str]] = {}
    for one in instances:
        if one.id in described:
            fields = {"InstanceId": one.id, "AvailabilityZone": one.zone}
            fields["AutoScalingGroupName"] = group
            for name in asked:
                if read := FIELDS[name]:
                    fields[name] = read(described[one.id])
            metrics[one.id] = {
                name: _FIELD.sub(lambda match, known=fields: known[match[1]], text)  # type: ignore[misc]
                for name, text in threshold.dimensions
            }
    return metrics


def _values(
    threshold: MetricThreshold,
    metrics: Sequence[Mapping[str, str]],
    context: StrategyContext,
    newest: int,
) -> dict[str, dict[int, float]]:
    """Return values by query and start of their period, without incomplete results."""
    if not metrics:
        return {}
    client: CloudWatchClient = context.client("cloudwatch")
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[_query(threshold, f"m{n}", one) for n, one in enumerate(metrics)],
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


def _query(
    threshold: MetricThreshold, name: str, dimensions: Mapping[str, str]
) -> MetricDataQueryTypeDef:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": threshold.namespace,
                "MetricName": threshold.name,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            },
            "Period": threshold.period,
            "Stat": threshold.statistic,
        },
    }


def _read(argument: str) -> MetricThreshold:
    try:
        words = shlex.split(argument)  # a value may have spaces, within quotes
    except ValueError:
        raise ValueError(USAGE) from None
    if len(words) < 6 or words[2] not in STATISTICS:
        raise ValueError(USAGE)
    try:
        period, count, threshold = int(words[3]), int(words[4]), float(words[5])
    except ValueError:
        raise ValueError(USAGE) from None
    if period < 60 or period % 60 or not 1 <= count <= 100 or isnan(threshold):
        raise ValueError(f"{USAGE}: PERIOD in whole minutes, COUNT from 1 to 100")
    read = MetricThreshold(words[0], words[1], words[2], period, count, threshold)
    return read._replace(dimensions=_read_dimensions(words[6:])) if words[6:] else read


def _read_dimensions(words: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        unknown = set(_FIELD.findall(value)) - FIELDS.keys()
        if not name or not equals or not value or name in pairs or unknown:
            known = ", ".join(f"{{{field}}}" for field in FIELDS)
            raise ValueError(f"{USAGE}: DIMENSION=VALUE, where a value may contain {known}")
        pairs[name] = value
    one_each = {"InstanceId", "PrivateDnsName", "PrivateIpAddress", "HostName"}
    if len(pairs) > MAX_DIMENSIONS or not one_each & {
        field for value in pairs.values() for field in _FIELD.findall(value)
    }:
        # One metric of the whole group says nothing about one instance.
        raise ValueError(f"{USAGE}: one dimension with {{InstanceId}} or another name of one host")
    return tuple(pairs.items())


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
