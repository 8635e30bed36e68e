"""More work than one invocation has time for."""

from __future__ import annotations

import time
from typing import Any

import pytest

from enicleanup.config import Config
from enicleanup.pair import Pair
from tests.functions.eni_cleanup.faults import refused
from tests.functions.eni_cleanup.services import Eni, Function
from tests.functions.eni_cleanup.world import BEGAN, GROUPS, SUBNETS, World, request, shop

NEVER = 1e9


def test_goes_on_in_further_invocations_until_lambda_lets_go() -> None:
    world = shop(World(release_s=1500))
    # Of no concern to us, and not counted.
    world.functions["other"] = Function(SUBNETS[:1], GROUPS[:1])
    world.enis["eni-0ther000"] = Eni(SUBNETS[0], GROUPS[:1])
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert world.invocations == 2
    assert set(world.enis) == {"eni-0ther000"}


@pytest.mark.parametrize("limit_s", [60, 600, 3600])
@pytest.mark.parametrize("timeout_s", [20, 60, 900])
def test_fails_before_cloudformation_gives_up_and_says_what_is_left(
    limit_s: int, timeout_s: float
) -> None:
    world = shop(World(release_s=NEVER, timeout_s=timeout_s))
    [answer] = world.run(request(ServiceTimeout=str(limit_s)))
    assert answer["Status"] == "FAILED"
    assert limit_s * 0.6 < world.elapsed_s < limit_s
    reason = answer["Reason"]
    assert "left: 2: eni-00000000" in reason
    assert str(Pair(SUBNETS[1], tuple(GROUPS))) in reason
    assert "Lambda has not released it" in reason
    assert "delete the stack again" in reason
    assert not world.crimes


def test_the_time_counts_from_the_signature_of_the_address() -> None:
    sent_at = BEGAN - 1200
    signed = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(sent_at))
    event = request()
    event["ResponseURL"] += f"&X-Amz-Date={signed}"
    world = shop(World(release_s=NEVER))
    world.run(event)
    assert 0.9 * 3600 < world.now - sent_at < 3600


@pytest.mark.parametrize("signed", ["20270115T080001Z", "20200101T000000Z", "yesterday"])
def test_a_time_that_cannot_be_is_not_believed(signed: str) -> None:
    event = request()
    event["ResponseURL"] += f"&X-Amz-Date={signed}"
    world = shop(World(release_s=NEVER))
    world.run(event)
    assert 0.9 * 3600 < world.elapsed_s < 3600


def test_a_hand_over_that_is_not_allowed_is_answered() -> None:
    def fault(world: World, name: str) -> None:
        if name == "invoke":
            raise refused("AccessDeniedException", "Invoke")

    world = shop(World(release_s=NEVER, fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "FAILED"
    assert "lambda:Invoke failed (AccessDeniedException)" in answer["Reason"]
    assert "allow" in answer["Reason"]
    assert not world.lost


def test_a_hand_over_that_is_throttled_to_the_end_is_answered() -> None:
    def fault(world: World, name: str) -> None:
        if name == "invoke":
            raise refused("TooManyRequestsException", "Invoke")

    world = shop(World(release_s=NEVER, fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "FAILED"
    assert "TooManyRequestsException" in answer["Reason"]
    assert world.invocations == 1


def test_what_ec2_refuses_is_tried_again_and_told_in_the_end() -> None:
    def fault(world: World, name: str) -> None:
        if name == "delete_network_interface":
            raise refused("OperationNotPermitted", "DeleteNetworkInterface")

    world = shop(World(release_s=1, fault=fault))
    [answer] = world.run(request(ServiceTimeout="600"))
    assert answer["Status"] == "FAILED"
    assert "OperationNotPermitted: said the world" in answer["Reason"]


def test_a_permission_that_is_missing_ends_it_at_once() -> None:
    def fault(world: World, name: str) -> None:
        if name == "delete_network_interface":
            raise refused("UnauthorizedOperation", "DeleteNetworkInterface")

    world = shop(World(release_s=1, fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "FAILED"
    assert "UnauthorizedOperation" in answer["Reason"]


def test_lambda_may_delete_them_itself() -> None:
    world = shop(World(release_s=200, lambda_deletes=True))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["Deleted"] == "0"
    assert "delete_network_interface" not in world.steps


def test_a_function_that_takes_over_a_pair_keeps_its_interface() -> None:
    """Another function moves in while we wait: what it uses is not waited for any longer."""

    def fault(world: World, name: str) -> None:
        if world.elapsed_s > 100:
            world.functions.setdefault("late", Function(SUBNETS[:1], list(GROUPS)))

    world = shop(World(release_s=300, fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert set(world.enis) == {"eni-00000000"}
    assert "used by late" in answer["Reason"]
    assert not world.crimes


def test_a_list_of_functions_that_lags_behind_ends_nothing() -> None:
    """ListFunctions still shows our own function in the VPC for a minute after it is out."""
    world = shop(World(release_s=1))
    real = world.services.lambda_list_functions

    def lagging(**arguments: Any) -> Any:
        page = real(**arguments)
        if world.elapsed_s < 60:
            for each in page["Functions"]:
                each["VpcConfig"] = {"SubnetIds": SUBNETS, "SecurityGroupIds": GROUPS}
        return page

    world.services.lambda_list_functions = lagging  # type: ignore[method-assign, assignment]
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert not world.enis


def test_functions_are_listed_page_by_page() -> None:
    world = shop(World(release_s=1))
    world.page = 3
    for number in range(10):
        world.functions[f"z{number}"] = Function([], [])
    world.functions["zz:7"] = Function(SUBNETS[1:], list(GROUPS))
    [answer] = world.run(request())
    assert set(world.enis) == {"eni-00000001"}
    assert "used by zz:7" in answer["Reason"]


def test_a_function_that_never_was_is_no_trouble() -> None:
    world = World()
    [answer] = world.run(request(FunctionNames=["never"]))
    assert answer["Status"] == "SUCCESS"


def test_a_function_that_is_gone_is_found_by_the_pairs_in_the_properties() -> None:
    world = World()
    world.enis["eni-1"] = Eni(SUBNETS[0], list(GROUPS))
    [answer] = world.run(request(SubnetIds=SUBNETS, SecurityGroupIds=GROUPS[::-1]))
    assert answer["Data"]["Deleted"] == "1"
    assert world.elapsed_s > 300


def test_an_update_of_the_function_under_way_is_waited_for() -> None:
    world = shop(World(release_s=1))
    function = world.functions["shop"]
    conflicts = []

    def fault(there: World, name: str) -> None:
        if name == "update_function_configuration" and there.elapsed_s < 20:
            conflicts.append(name)
            raise refused("ResourceConflictException", "UpdateFunctionConfiguration")

    world.fault = fault
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert len(conflicts) > 2
    assert function.subnets == []


def test_an_update_that_never_ends_is_told_in_the_end() -> None:
    def fault(world: World, name: str) -> None:
        if name == "update_function_configuration":
            raise refused("ResourceConflictException", "UpdateFunctionConfiguration")

    world = shop(World(fault=fault))
    [answer] = world.run(request(ServiceTimeout="300"))
    assert answer["Status"] == "FAILED"
    assert "ResourceConflictException" in answer["Reason"]
    assert "delete_network_interface" not in world.steps


def test_an_update_that_fails_is_told_with_lambdas_reason() -> None:
    world = shop(World())
    world.functions["shop"].failed = "The role may not delete the interface."
    [answer] = world.run(request())
    assert answer["Status"] == "FAILED"
    assert "InsufficientRolePermissions" in answer["Reason"]
    assert "The role may not delete the interface." in answer["Reason"]
    assert "delete_network_interface" not in world.steps


def test_many_subnets_are_noted_in_several_tags() -> None:
    subnets = [f"subnet-0123456789abc{number:04x}" for number in range(16)]
    groups = [f"sg-0123456789abc{number:04x}" for number in range(5)]
    world = World(release_s=1)
    world.functions["shop"] = Function(subnets, groups)
    for number, subnet in enumerate(subnets):
        world.enis[f"eni-{number:08x}"] = Eni(subnet, groups)
    [answer] = world.run(request())
    assert answer["Data"]["Deleted"] == "16"
    assert max(map(len, world.functions["shop"].tags.values())) <= 256
    # A second Delete, after the first failed elsewhere, still knows where to look.
    world.enis["eni-late"] = Eni(subnets[15], groups)
    world.run(request())
    assert "eni-late" not in world.enis


def test_the_reserve_never_eats_a_short_invocation() -> None:
    world = shop(World(release_s=20, timeout_s=6, config=Config(reserve_s=300.0, poll_s=1.0)))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert world.invocations > 2


def test_an_update_that_failed_long_ago_is_no_trouble() -> None:
    world = shop(World(release_s=1))
    world.functions["stock"] = Function([], [], status="Failed")
    [answer] = world.run(request(FunctionNames=["shop", "stock"]))
    assert answer["Status"] == "SUCCESS"
    assert not world.enis


def test_an_interface_that_is_gone_before_we_come_to_it_is_gone() -> None:
    world = shop(World(release_s=1))

    def fault(there: World, name: str) -> None:
        if name == "delete_network_interface":
            there.enis.clear()

    world.fault = fault
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"


def test_an_event_that_is_delivered_twice_is_answered_twice_alike() -> None:
    world = shop(World())
    world.run(request())
    world.run(request())
    assert [answer["Status"] for answer in world.answers] == ["SUCCESS", "SUCCESS"]
    assert len({answer["PhysicalResourceId"] for answer in world.answers}) == 1
    assert not world.crimes


def test_no_call_is_made_before_the_function_is_known_to_be_out() -> None:
    world = shop(World(release_s=1))
    world.run(request())
    first_look = world.steps.index("describe_network_interfaces")
    assert "update_function_configuration" in world.steps[:first_look]
    assert world.steps[:first_look].count("get_function_configuration") > 2


def test_many_that_are_refused_do_not_keep_the_others_waiting() -> None:
    world = shop(World(release_s=1), count=600)
    real = world.services.ec2_delete_network_interface

    def refusing(**arguments: Any) -> Any:
        if arguments["NetworkInterfaceId"] < f"eni-{300:08x}":
            raise refused("OperationNotPermitted", "DeleteNetworkInterface")
        return real(**arguments)

    world.services.ec2_delete_network_interface = refusing  # type: ignore[method-assign, assignment]
    [answer] = world.run(request(ServiceTimeout="900"))
    assert answer["Status"] == "FAILED"
    assert "interfaces deleted: 300; left: 300" in answer["Reason"]
    assert "OperationNotPermitted" in answer["Reason"]
