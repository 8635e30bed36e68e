"""Workers write to a table whether they are busy."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event, names
from tests.integration.functions.termination_policy.paths import FUNCTION
from tests.integration.functions.termination_policy.strategies import passed
from tests.support.awsanswer import answer

NOW = 1_800_000_000.0
(ONE,) = names(1)


def write(**members: Any) -> None:
    boto3.client("dynamodb").put_item(TableName="workers", Item={"pk": {"S": ONE}, **members})


FRESH, OLD = {"N": f"{NOW + 60:.0f}"}, {"N": f"{NOW - 60:.0f}"}


@pytest.mark.parametrize(
    ("members", "free"),
    [
        ({"busy": {"BOOL": False}, "expires": FRESH}, True),
        ({"busy": {"BOOL": True}, "expires": FRESH}, False),
        ({"busy": {"BOOL": False}, "expires": OLD}, False),
        ({"busy": {"BOOL": True}, "expires": OLD}, False),
        ({"busy": {"BOOL": False}}, False),
        ({"expires": FRESH}, False),
        ({"busy": {"S": "false"}, "expires": FRESH}, False),
        ({"busy": {"N": "0"}, "expires": FRESH}, False),
        ({"busy": {"BOOL": False}, "expires": {"S": "never"}}, False),
        ({"busy": {"NULL": True}, "expires": FRESH}, False),
    ],
)
def test_only_an_item_that_says_so_and_has_not_expired_makes_free(
    fleet: Fleet, members: dict[str, Any], free: bool
) -> None:
    seed.table("workers")
    write(**members)
    for policy in ("not_busy:workers", "not_busy:workers absent=free"):
        assert passed(policy, [ONE], lambda: NOW) == ([ONE] if free else [])


def test_without_an_item_an_instance_is_unknown_so_busy(fleet: Fleet) -> None:
    seed.table("workers")
    assert passed("not_busy:workers", [ONE], lambda: NOW) == []
    assert passed("not_busy:workers absent=free", [ONE], lambda: NOW) == [ONE]


def test_the_table_may_come_from_the_environment(fleet: Fleet) -> None:
    seed.table("workers")
    write(busy={"BOOL": False}, expires=FRESH)
    fleet.variables(BUSY_TABLE="workers")
    assert passed("not_busy", [ONE], lambda: NOW) == [ONE]
    assert passed("not_busy:absent=free", names(2), lambda: NOW) == names(2)


def test_dynamodb_is_asked_for_100_keys_consistently(fleet: Fleet) -> None:
    made = names(101)
    empty = answer(200, json.dumps({"Responses": {"workers": []}, "UnprocessedKeys": {}}))
    fleet.wire.trouble = lambda _: empty
    assert passed("not_busy:workers", made, lambda: NOW) == []
    assert fleet.wire.operations == ["BatchGetItem"] * 2
    asked = [json.loads(body)["RequestItems"]["workers"] for _, body in fleet.wire.sent]
    assert [len(one["Keys"]) for one in asked] == [100, 1]
    assert asked[1]["Keys"] == [{"pk": {"S": made[100]}}]
    assert all(one["ConsistentRead"] is True for one in asked)


@pytest.mark.parametrize("policy", ["not_busy:workers", "not_busy:workers absent=free"])
def test_keys_that_dynamodb_did_not_look_up_are_unknown(fleet: Fleet, policy: str) -> None:
    one, two = names(2)
    item = {"pk": {"S": one}, "busy": {"BOOL": False}, "expires": FRESH}
    found = {
        "Responses": {"workers": [item]},
        "UnprocessedKeys": {"workers": {"Keys": [{"pk": {"S": two}}]}},
    }
    fleet.wire.trouble = lambda _: answer(200, json.dumps(found))
    assert passed(policy, [one, two], lambda: NOW) == [one]


def test_no_more_is_asked_once_the_quota_is_full(fleet: Fleet) -> None:
    made = names(150)
    seed.table("workers")
    fleet.wire.sent.clear()
    sent = event({A: 2}, [(name, A) for name in made])
    assert fleet.decide(sent, "not_busy:workers absent=free") == made[:2]
    assert fleet.wire.operations == ["BatchGetItem"]


def test_the_readmes_worker_marks_itself(fleet: Fleet) -> None:
    readme = (FUNCTION / "README.md").read_text()
    code = re.search(r"```python\n(.*?def mark.*?)```", readme, re.DOTALL)
    assert code
    assert len([line for line in code[1].splitlines() if line.strip()]) <= 10
    seed.table("workers")
    program = code[1].replace('"STACK-busy"', '"workers"')
    made: dict[str, Any] = {"INSTANCE_ID": ONE}
    exec(program, made)  # noqa: S102 (the README's own code)
    assert passed("not_busy:workers", [ONE]) == []
    made["mark"](busy=True)
    assert passed("not_busy:workers", [ONE]) == []
    made["mark"](busy=False)
    assert passed("not_busy:workers", [ONE]) == [ONE]
