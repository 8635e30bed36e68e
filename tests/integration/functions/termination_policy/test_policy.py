from __future__ import annotations

import pytest

from termination_policy.errors import ValidationError
from termination_policy.policy import read_policy
from termination_policy.strategies import STRATEGIES
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event
from tests.integration.functions.termination_policy.strategies import passed

WRONG = {
    "": "POLICY: it has no strategy; name one or more of any,",
    " , ": "it has no strategy",
    "eldest": "there is no strategy 'eldest'; there are any, oldest,",
    "any:thing": "'any:thing' is not possible; write any, without an argument",
    "oldest:1": "write oldest, without an argument",
    "newest:1": "write newest, without an argument",
    "not_tagged": "write not_tagged:KEY or not_tagged:KEY=VALUE",
    "tagged:": "write tagged:KEY or",
    "idle_ecs": "write idle_ecs:CLUSTER",
    "drained": "write drained:eks://CLUSTER, or drained:SECRET",
    "cached": "write cached:dynamodb://TABLE or cached:s3://BUCKET/PREFIX",
    "cached:ftp://there": "write cached:dynamodb://TABLE",
    "cached:s3://": "write cached:dynamodb://TABLE",
    "metric_below:CPU": "write metric_below:NAMESPACE NAME",
    "metric_below:N M Maximum 300 3 low": "write metric_below:NAMESPACE NAME",
    "metric_below:N M p99 300 3 5": "write metric_below:NAMESPACE NAME",
    "metric_below:N M Maximum 45 3 5": "PERIOD in whole minutes",
    "metric_below:N M Maximum 300 0 5": "COUNT from 1 to 100",
    "metric_below:N M Maximum 300 3 nan": "PERIOD in whole minutes",
    "metric_below:N M Maximum 300 3 5 Pool=a": "{InstanceId} or another name of one host",
    "metric_below:N M Maximum 300 3 5 Id={Nothing}": "a value may contain {InstanceId}",
    "metric_below:N M Maximum 300 3 5 Id": "DIMENSION=VALUE",
    "metric_below:N M Maximum 300 3 5 Id={InstanceId} Id=b": "DIMENSION=VALUE",
    "metric_below:N M Maximum 300 3 5 'Id={InstanceId}": "write metric_below:NAMESPACE NAME",
    "drained:eks://": "write drained:eks://CLUSTER, or drained:SECRET",
    "not_busy": "write not_busy:TABLE or not_busy:TABLE absent=free",
    "not_busy:a b": "write not_busy:TABLE",
    "not_busy:a absent=busy": "write not_busy:TABLE",
    "any, oldest, eldest": "there is no strategy 'eldest'",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_policy_that_cannot_be_is_answered_with_none(fleet: Fleet, text: str) -> None:
    assert fleet.decide(event({A: 1}, [("i-1", A)]), text) == []
    assert WRONG[text] in fleet.logged()["reason"]


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_can_be_named(name: str) -> None:
    arguments = {
        "metric_below": ":AWS/EC2 CPUUtilization Maximum 300 3 5",
        "cached": ":dynamodb://results",
        **dict.fromkeys(("not_tagged", "tagged", "idle_ecs", "drained", "not_busy"), ":x"),
    }
    policy = read_policy(name + arguments.get(name, ""))
    assert bool(policy.services) is (name != "any")


def test_a_wrong_policy_of_another_variable_names_that() -> None:
    with pytest.raises(ValidationError, match=r"^SCAN_POLICY: it has no strategy"):
        read_policy("", "SCAN_POLICY")


def test_what_orders_works_first_wherever_it_stands(fleet: Fleet) -> None:
    made = seed.instances(3, tags={0: {"keep": ""}})
    for text in ("not_tagged:keep, newest", "newest, not_tagged:keep"):
        assert passed(text, made) == [made[2], made[1]]


def test_filters_are_joined_by_and(fleet: Fleet) -> None:
    made = seed.instances(3, tags={0: {"keep": ""}, 1: {"done": ""}})
    assert passed("not_tagged:keep, tagged:done", made) == [made[1]]


def test_of_two_orders_the_first_counts_more(fleet: Fleet) -> None:
    made = seed.instances(3)
    assert passed("oldest, newest", reversed(made)) == made
    assert passed("newest, oldest", made) == list(reversed(made))
