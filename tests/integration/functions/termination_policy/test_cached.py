from __future__ import annotations

import os
import time

import boto3
import pytest

from surefoot.kit.clients import Clients
from termination_policy import cached_result
from termination_policy.errors import NotCertain
from termination_policy.stores import find
from termination_policy.stores.dynamodb import MAX_BYTES
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import GROUP, A, event, names

STORES = ["dynamodb://results", "s3://results", "s3://results/of/groups"]


def write(address: str, free: list[str], seconds: float = 60) -> None:
    store = find(address)
    data = cached_result.encode(GROUP, free, time.time(), seconds)
    store.write(Clients()(store.service), GROUP, data, time.time() + seconds)


@pytest.fixture
def stores(fleet: Fleet) -> None:
    seed.table()
    seed.bucket()


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("address", STORES)
def test_a_result_says_who_goes_and_in_which_order(fleet: Fleet, address: str) -> None:
    one, two, three, four = names(4)
    write(address, [three, "i-99", one])
    fleet.wire.sent.clear()
    sent = event({A: 2}, [(name, A) for name in (one, two, three, four)])
    assert fleet.decide(sent, f"cached:{address}") == [three, one]
    assert len(fleet.wire.sent) == 1


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("address", STORES)
def test_without_a_result_no_instance_is_terminated(fleet: Fleet, address: str) -> None:
    assert fleet.decide(event({A: 1}, [("i-1", A)]), f"cached:{address}") == []
    assert "there is no cached result" in fleet.logged()["reason"]


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("address", STORES)
def test_an_expired_result_terminates_no_instance(fleet: Fleet, address: str) -> None:
    write(address, ["i-1"], seconds=-1)
    assert fleet.decide(event({A: 1}, [("i-1", A)]), f"cached:{address}") == []
    assert "expired" in fleet.logged()["reason"]


@pytest.mark.usefixtures("stores")
def test_the_store_may_be_named_once_for_both(fleet: Fleet) -> None:
    write(STORES[0], ["i-1"])
    fleet.variables(RESULT_STORE=STORES[0])
    assert fleet.decide(event({A: 1}, [("i-1", A)]), "cached") == ["i-1"]


@pytest.mark.usefixtures("stores")
def test_a_result_can_be_narrowed_by_further_strategies(fleet: Fleet) -> None:
    made = seed.instances(3, tags={2: {"keep": ""}})
    write(STORES[0], [made[2], made[1], made[0]])
    sent = event({A: 1}, [(name, A) for name in made])
    assert fleet.decide(sent, f"cached:{STORES[0]}, not_tagged:keep") == [made[1]]


@pytest.mark.usefixtures("stores")
def test_an_item_that_is_garbage_terminates_no_instance(fleet: Fleet) -> None:
    item = {"pk": {"S": GROUP}, "result": {"S": "text"}}
    boto3.client("dynamodb").put_item(TableName="results", Item=item)
    assert fleet.decide(event({A: 1}, [("i-1", A)]), f"cached:{STORES[0]}") == []
    assert "there is no cached result" in fleet.logged()["reason"]


@pytest.mark.usefixtures("stores")
def test_an_object_that_is_huge_is_not_read_whole(fleet: Fleet) -> None:
    boto3.client("s3").put_object(Bucket="results", Key=GROUP, Body=bytes(2_000_001))
    assert fleet.decide(event({A: 1}, [("i-1", A)]), "cached:s3://results") == []
    assert "larger than 2,000,000 bytes" in fleet.logged()["reason"]


@pytest.mark.usefixtures("stores")
def test_a_result_that_fits_into_no_item_is_refused(fleet: Fleet) -> None:
    store = find(STORES[0])
    with pytest.raises(NotCertain, match="use s3://"):
        store.write(boto3.client("dynamodb"), GROUP, os.urandom(MAX_BYTES + 1), 0)
