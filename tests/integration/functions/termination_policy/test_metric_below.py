from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest

from termination_policy.policy import read_policy
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import names
from tests.integration.functions.termination_policy.strategies import passed
from tests.support.awsanswer import answer

POLICY = "metric_below:AWS/EC2 CPUUtilization Maximum 300 3 5"
NOW = datetime(2026, 3, 2, 12, 1, tzinfo=timezone.utc)
# Minutes before NOW: 2 is in the newest full period, 11:55 to 12:00.
CASES: dict[str, tuple[dict[int, float], bool]] = {
    "quiet": ({2: 1, 7: 1, 12: 1}, True),
    "quiet, the newest not there yet": ({7: 1, 12: 1, 17: 1}, True),
    "busy in the newest": ({2: 9, 7: 1, 12: 1}, False),
    "busy before": ({2: 1, 7: 1, 12: 9}, False),
    "at the threshold": ({2: 5, 7: 1, 12: 1}, False),
    "busy for a moment of a period": ({2: 1, 3: 9, 7: 1, 12: 1}, False),
    "one missing": ({2: 1, 12: 1, 17: 1}, False),
    "two missing at the end": ({12: 1, 17: 1, 22: 1}, False),
    "too few": ({2: 1, 7: 1}, False),
    "none": ({}, False),
    "busy long ago": ({2: 1, 7: 1, 12: 1, 60: 9}, True),
}


@pytest.mark.parametrize("name", CASES)
def test_only_what_is_known_to_be_quiet_goes(fleet: Fleet, name: str) -> None:
    values, free = CASES[name]
    made = names(1)
    if values:
        seed.load(made[0], values, NOW)
    assert passed(POLICY, made, NOW.timestamp) == (made if free else [])


def results(*found: dict[str, Any], more: str | None = None) -> Any:
    page = {"MetricDataResults": list(found), **({"NextToken": more} if more else {})}
    return answer(200, json.dumps(page))


def result(name: str, minutes: list[int], status: str = "Complete", value: Any = 1.0) -> Any:
    times = [NOW.timestamp() // 300 * 300 - 60 * minute for minute in minutes]
    values = [value] * len(times)
    return {"Id": name, "Timestamps": times, "Values": values, "StatusCode": status}


@pytest.mark.parametrize(
    ("status", "value", "free"),
    [
        ("Complete", 1.0, True),
        ("PartialData", 1.0, False),
        ("InternalError", 1.0, False),
        ("Complete", float("nan"), False),
    ],
)
def test_values_that_are_not_whole_prove_nothing(
    fleet: Fleet, status: str, value: float, free: bool
) -> None:
    fleet.wire.trouble = lambda _: results(result("m0", [5, 10, 15], status, value))
    assert passed(POLICY, names(1), NOW.timestamp) == (names(1) if free else [])


def test_values_may_come_on_several_pages(fleet: Fleet) -> None:
    pages = [
        results(result("m0", [5], "PartialData"), more="next"),
        results(result("m0", [10, 15])),
    ]
    fleet.wire.trouble = lambda _: pages.pop(0)
    assert passed(POLICY, names(1), NOW.timestamp) == names(1)


def test_cloudwatch_is_asked_about_500_at_a_time(fleet: Fleet) -> None:
    fleet.wire.trouble = lambda _: results()
    assert passed(POLICY, names(1001), NOW.timestamp) == []
    assert fleet.wire.operations == ["GetMetricData"] * 3


def dimensions(fleet: Fleet) -> list[dict[str, str]]:
    """The dimensions of each query that was sent."""
    queries = json.loads(fleet.wire.sent[-1][1])["MetricDataQueries"]
    found = [query["MetricStat"]["Metric"]["Dimensions"] for query in queries]
    return [{one["Name"]: one["Value"] for one in pairs} for pairs in found]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", {"InstanceId": "ID"}),
        ("InstanceId={InstanceId}", {"InstanceId": "ID"}),
        ("Worker={InstanceId} Pool=a", {"Worker": "ID", "Pool": "a"}),
        (
            "InstanceId={InstanceId} AutoScalingGroupName={AutoScalingGroupName}",
            {"InstanceId": "ID", "AutoScalingGroupName": "workers"},
        ),
        ("name={AvailabilityZone}/{InstanceId}", {"name": "eu-west-1a/ID"}),
        ("id={InstanceId} 'queue name=a b'", {"id": "ID", "queue name": "a b"}),
    ],
)
def test_a_metric_is_asked_for_by_the_dimensions_that_it_has(
    fleet: Fleet, words: str, wanted: dict[str, str]
) -> None:
    fleet.wire.trouble = lambda _: results()
    (name,) = names(1)
    passed(f"{POLICY} {words}", [name], NOW.timestamp)
    assert dimensions(fleet) == [{k: v.replace("ID", name) for k, v in wanted.items()}]
    assert fleet.wire.operations == ["GetMetricData"]


def test_what_ec2_says_of_an_instance_can_be_a_dimension(fleet: Fleet) -> None:
    made = seed.instances(2)
    (found,) = boto3.client("ec2").describe_instances(InstanceIds=made[:1])["Reservations"]
    one = found["Instances"][0]
    boto3.client("cloudwatch").put_metric_data(
        Namespace="CWAgent",
        MetricData=[
            {
                "MetricName": "jobs",
                "Dimensions": [
                    {"Name": "host", "Value": one["PrivateDnsName"]},
                    {"Name": "image", "Value": one["ImageId"]},
                ],
                "Timestamp": NOW - timedelta(minutes=minutes),
                "Value": 0,
            }
            for minutes in (2, 7, 12)
        ],
    )
    words = "metric_below:CWAgent jobs Maximum 300 3 1 host={PrivateDnsName} image={ImageId}"
    unknown = names(1)
    assert passed(words, [*unknown, *made], NOW.timestamp) == made[:1]
    assert [len(one) for one in dimensions(fleet)] == [2, 2]  # none for the unknown one
    assert read_policy(words).services == ("cloudwatch", "ec2")


def test_without_a_known_instance_no_metric_is_asked_for(fleet: Fleet) -> None:
    words = f"{POLICY} host={{HostName}}"
    assert passed(words, names(2), NOW.timestamp) == []
    assert fleet.wire.operations == ["DescribeInstances"]
