"""Finding interfaces, in the world."""

from __future__ import annotations

from eni_cleanup import interfaces
from eni_cleanup.aws import AwsCaller
from eni_cleanup.interfaces import HYPERPLANE, OLD_STYLE, NetworkConfig, network_configs
from tests.unit.functions.eni_cleanup.services import ACCOUNT, Eni
from tests.unit.functions.eni_cleanup.world import World

OLD = "AWS Lambda VPC ENI: 0f1e2d3c-4b5a"


def _world(**enis: Eni) -> tuple[World, AwsCaller]:
    world = World()
    world._deadline = world.now + 900
    world.enis.update(enis)
    return world, AwsCaller(world.dependencies, lambda: 900.0)


def test_a_pair_is_the_set_of_groups_in_any_order() -> None:
    assert network_configs(["subnet-1"], ["sg-2", "sg-1"]) == network_configs(
        ["subnet-1"], ["sg-1", "sg-2", "sg-1"]
    )


def test_both_kinds_are_found_whatever_name_they_bear() -> None:
    _, caller = _world(
        a=Eni("subnet-1", ["sg-2", "sg-1"], description="AWS Lambda VPC ENI-a-name-cut-sho"),
        b=Eni("subnet-1", ["sg-1"], kind="interface", description=OLD),
        c=Eni("subnet-2", ["sg-1"]),
    )
    found = interfaces.find_interfaces(caller, ACCOUNT, subnets=["subnet-1"])
    assert [(each.id, each.kind, each.config) for each in found] == [
        ("a", HYPERPLANE, NetworkConfig("subnet-1", ("sg-1", "sg-2"))),
        ("b", OLD_STYLE, NetworkConfig("subnet-1", ("sg-1",))),
    ]


def test_a_forged_description_and_another_account_are_left_out() -> None:
    _, caller = _world(
        a=Eni("subnet-1", [], kind="interface"),
        b=Eni("subnet-1", [], owner="210987654321"),
        c=Eni("subnet-1", [], description="ELB app/shop/1"),
    )
    assert interfaces.find_interfaces(caller, ACCOUNT, subnets=["subnet-1"]) == []


def test_every_page_is_read() -> None:
    world, caller = _world(**{f"eni-{number:05}": Eni("subnet-1", []) for number in range(2500)})
    assert len(interfaces.find_interfaces(caller, ACCOUNT, subnets=["subnet-1"])) == 2500
    assert world.steps == ["describe_network_interfaces"] * 3


def test_no_request_names_more_subnets_than_ec2_takes() -> None:
    enis = {f"eni-{number:05}": Eni(f"subnet-{number}", []) for number in range(450)}
    world, caller = _world(**enis)
    found = interfaces.find_interfaces(
        caller, ACCOUNT, subnets=[eni.subnet for eni in enis.values()]
    )
    assert len(found) == 450
    assert world.steps == ["describe_network_interfaces"] * 3
