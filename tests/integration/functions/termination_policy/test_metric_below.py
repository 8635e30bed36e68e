from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

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
