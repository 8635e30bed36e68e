"""How many interfaces a plan needs, by today's rule and by the old ones."""

from __future__ import annotations

from typing import Any

import pytest

from surefoot.kit.errors import UserError
from tests.unit.functions.vpc_check.casefile import REGION, changed
from vpc_check.facts import Attachment, Facts
from vpc_check.network.capacity import Capacity, calculate
from vpc_check.request import read_plan

FUNCTION = Attachment("orders", ("subnet-a", "subnet-b"), ("sg-fn",))


def planned(plan: dict[str, Any], **change: Any) -> Capacity:
    return calculate(Facts(REGION, changed(change)), FUNCTION, read_plan(plan))


def lambda_interface(number: int, subnet: str, *groups: str) -> dict[str, Any]:
    return {
        "NetworkInterfaceId": f"eni-{number}",
        "InterfaceType": "lambda",
        "SubnetId": subnet,
        "Groups": [{"GroupId": group} for group in groups],
    }


def test_one_interface_per_subnet_whatever_the_concurrency() -> None:
    assert planned({"concurrency": 1}).interfaces == 2
    assert planned({"concurrency": 100_000}).interfaces == 2
    assert planned({"concurrency": 1, "connections": 0}).interfaces == 2


@pytest.mark.parametrize(
    ("connections", "interfaces"), [(130_000, 2), (130_001, 4), (260_000, 4), (260_001, 6)]
)
def test_connections_beyond_65_000_a_subnet_ask_for_more(connections: int, interfaces: int) -> None:
    assert planned({"concurrency": connections}).interfaces == interfaces


def test_connections_are_counted_for_each_environment() -> None:
    capacity = planned({"concurrency": 100_000, "connections": 3})
    assert (capacity.connections, capacity.interfaces) == (300_000, 6)


def test_functions_with_the_same_subnets_and_groups_share() -> None:
    shared = {"functions": [{"concurrency": 10}, {"concurrency": 10}]}
    assert planned(shared).interfaces == 2
    apart = {"functions": [{"concurrency": 10}, {"concurrency": 10, "groups": ["sg-other"]}]}
    assert planned(apart).interfaces == 4


def test_the_order_of_groups_makes_no_other_set() -> None:
    plan = {"functions": [{"groups": ["sg-1", "sg-2"]}, {"groups": ["sg-2", "sg-1"]}]}
    assert planned(plan).interfaces == 2


def test_interfaces_that_exist_take_no_more_addresses() -> None:
    present = [
        lambda_interface(1, "subnet-a", "sg-fn"),
        lambda_interface(2, "subnet-a", "sg-x"),
        lambda_interface(3, "subnet-b", "sg-fn", "sg-x"),  # another set of groups
    ]
    capacity = planned({"concurrency": 10}, NetworkInterfaces=present)
    assert (capacity.interfaces, capacity.new_interfaces, capacity.used) == (2, 1, 3)
    first, second = capacity.needs
    assert (first.present, first.left) == (1, 200)
    assert (second.present, second.left) == (0, 199)


def test_the_subnet_that_runs_out_first_is_named() -> None:
    small = {"subnet-b": {"AvailableIpAddressCount": 2}}
    capacity = planned({"concurrency": 500_000}, Subnets=small)
    assert capacity.first_out == "subnet-b"
    assert capacity.fits is False
    by_name = {need.subnet: need for need in capacity.needs}
    assert by_name["subnet-b"].left == 2 - 4
    assert by_name["subnet-b"].most == 2 * 65_000


def test_the_quota_of_the_vpc_counts() -> None:
    assert planned({"concurrency": 1}, InterfaceQuota=2).fits is True
    assert planned({"concurrency": 1}, InterfaceQuota=1).fits is False


def test_the_old_formulas_are_given_on_request_and_called_obsolete() -> None:
    plan = {"concurrency": 100, "memory_mb": 1536}
    assert planned(plan).historic == {}
    historic = planned({**plan, "historic": True}).historic
    assert (historic["per_1.5_gb"], historic["per_3_gb"]) == (100, 50)
    assert historic["note"].startswith("Obsolete since September 2019")


def test_addresses_that_are_not_known_are_not_invented() -> None:
    capacity = planned({"concurrency": 1}, Subnets=None, NetworkInterfaces=None)
    assert [(need.free, need.left, need.most) for need in capacity.needs] == [(None,) * 3] * 2
    assert capacity.first_out == ""
    assert len(capacity.notes) == 3


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ([], "capacity is not an object"),
        ({"concurrency": 0}, "capacity.concurrency is 0; it is a whole number, 1 or more"),
        ({"concurrency": True}, "capacity.concurrency is True"),
        ({"memory_mb": 1.5}, "capacity.memory_mb is 1.5"),
        ({"conections": 5}, "capacity has 'conections'; known are"),
        ({"functions": []}, "capacity.functions is not a list of functions"),
        ({"functions": [1]}, "a function of the capacity plan is 1; write an object"),
        ({"functions": [{}], "concurrency": 5}, "capacity has \"functions\" and 'concurrency'"),
        ({"groups": "sg-1"}, "capacity.groups is not a list of ids"),
        ({"historic": 1}, "capacity.historic is 1; it is true or false"),
    ],
)
def test_a_wrong_plan_is_reported_by_its_member(plan: Any, message: str) -> None:
    with pytest.raises(UserError) as raised:
        read_plan(plan)
    assert message in str(raised.value)
