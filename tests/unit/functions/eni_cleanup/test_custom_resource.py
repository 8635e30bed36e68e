"""More work than one invocation has time for."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from eni_cleanup.aws import AwsCaller
from eni_cleanup.config import Config
from eni_cleanup.detach import read_network_tags, write_network_tags
from eni_cleanup.interfaces import NetworkConfig
from surefoot.kit.errors import UserError
from tests.unit.functions.eni_cleanup.faults import refused
from tests.unit.functions.eni_cleanup.services import ACCOUNT, STACK, Eni, Function, Stack
from tests.unit.functions.eni_cleanup.world import BEGAN, GROUPS, SUBNETS, World, request, shop

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
    assert str(NetworkConfig(SUBNETS[1], tuple(GROUPS))) in reason
    assert "Lambda has not released it" in reason
    assert "delete the stack again" in reason
    assert not world.crimes


def test_a_failure_says_how_long_was_waited() -> None:
    [answer] = shop(World(release_s=NEVER)).run(request())
    assert answer["Reason"].startswith("after 59 min: ")


@pytest.mark.parametrize(
    ("seconds", "taken"), [("0", False), ("1", True), ("3600", True), ("3601", False)]
)
def test_service_timeout_is_from_1_to_3600(seconds: str, taken: bool) -> None:
    sent = request("Create", FunctionNames=None, VpcId="vpc-0a1b2c3d", ServiceTimeout=seconds)
    [answer] = World().run(sent)
    assert answer["Status"] == ("SUCCESS" if taken else "FAILED")


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
    assert world.elapsed_s < 120  # a new list is made at every look, until it is right


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


def test_a_continued_request_begins_without_a_burst() -> None:
    """The invocation before used the tokens up, so that EC2 does not throttle the next one."""
    began: list[tuple[int, float]] = []

    def fault(world: World, name: str) -> None:
        if name == "delete_network_interface":
            began.append((world.invocations, world.now))

    world = shop(World(release_s=1, fault=fault, timeout_s=100.0), count=400)
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "400", "Kept": "0"}
    first, second = ([at for number, at in began if number == turn][:40] for turn in (1, 2))
    assert first[-1] - first[0] < 1
    assert second[-1] - second[0] > 7  # 5 a second


def test_a_function_that_is_not_detached_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    world = shop(World(release_s=1))
    world.functions["stock"] = Function(SUBNETS[:1], list(GROUPS))
    world.run(request(FunctionNames=["shop", "stock"]))
    assert "not detached: stock: it is not in this stack" in capsys.readouterr().err


def test_orphans_of_a_vpc_are_deleted_and_others_left() -> None:
    world = shop(World(release_s=1))
    world.enis["eni-orphan"] = Eni("subnet-99999999", ["sg-99999999"], "available", attachment="")
    [answer] = world.run(request(VpcId="vpc-0a1b2c3d"))
    assert "eni-orphan" not in world.enis
    assert answer["Data"] == {"Deleted": "3", "Kept": "0"}


def test_between_a_deletion_and_the_next_scan_is_a_pause() -> None:
    """Others are waited for: looking again at once shows nothing new."""
    calls: list[tuple[str, float]] = []

    def fault(world: World, name: str) -> None:
        if name in ("delete_network_interface", "describe_network_interfaces"):
            calls.append((name, world.now))

    world = shop(Staggered(release_s=60, fault=fault))
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    first = [name for name, _ in calls].index("delete_network_interface")
    (_, deleted_at), (name, scanned_at) = calls[first : first + 2]
    assert name == "describe_network_interfaces"
    assert scanned_at - deleted_at >= Config().poll_s


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
    assert answer["Status"] == "SUCCESS"  # CloudFormation would only have waited, too
    assert "InsufficientRolePermissions" in answer["Reason"]
    assert "The role may not delete the interface." in answer["Reason"]
    assert "delete_network_interface" not in world.steps


def test_many_subnets_are_noted_in_several_tags() -> None:
    subnets = [f"subnet-0123456789abc{number:04x}" for number in range(16)]
    groups = [f"sg-0123456789abc{number:04x}" for number in range(5)]
    world = World(release_s=1)
    world.functions["shop"] = Function(subnets, groups)
    world.own("shop")
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


def test_functions_are_listed_before_a_deletion_and_rarely_while_waiting() -> None:
    """In an account of 10,000 versions, one list takes 200 calls."""
    world = shop(World(release_s=600))
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    scans = world.steps.count("describe_network_interfaces")
    assert scans > 30
    assert world.steps.count("list_functions") <= 5
    # Nothing is deleted by an old list.
    last_list = len(world.steps) - 1 - world.steps[::-1].index("list_functions")
    between = world.steps[last_list : world.steps.index("delete_network_interface")]
    assert "describe_network_interfaces" not in between


class Staggered(World):
    """Lambda lets one interface go after the other, some minutes apart."""

    def let_go(self) -> None:
        before = {key for key, eni in self.enis.items() if eni.free_at is None}
        super().let_go()
        for number, (key, eni) in enumerate(self.enis.items()):
            if key in before and eni.free_at is not None:
                eni.free_at += number * 240.0


@pytest.mark.parametrize("release_s", [60.0, 600.0, 1200.0, 2400.0])
@pytest.mark.parametrize("made", [World, Staggered])
def test_an_account_of_100_000_versions_is_listed_three_times_at_most(
    made: type[World], release_s: float
) -> None:
    """One list takes 2,000 calls, 200 s; 40 calls of 5 s each here."""
    world = shop(made(release_s=release_s, latency_s={"list_functions": 5.0}))
    for number in range(40 * world.page - len(world.functions)):
        world.functions[f"other{number}"] = Function(["subnet-ffffffff"], ["sg-ffffffff"])
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert world.steps.count("list_functions") <= 3 * 40
    assert not world.crimes


def test_thousands_of_interfaces_are_deleted_by_few_lists_where_one_takes_long() -> None:
    world = shop(World(release_s=60, latency_s={"list_functions": 5.0}), count=2000)
    for number in range(40 * world.page - len(world.functions)):
        world.functions[f"other{number}"] = Function(["subnet-ffffffff"], ["sg-ffffffff"])
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2000", "Kept": "0"}
    assert world.steps.count("list_functions") <= 3 * 40


ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:shop"


def test_every_call_for_a_function_names_it_by_its_arn() -> None:
    world = shop(World(release_s=1))
    world.run(request())
    assert set(world.detached) == {ARN}


@pytest.mark.parametrize(
    "foreign",
    [
        "arn:aws:lambda:eu-west-1:999999999999:function:shop",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:shop",
        f"arn:aws-cn:lambda:eu-west-1:{ACCOUNT}:function:shop",
    ],
)
def test_an_arn_of_elsewhere_never_detaches_the_local_function(foreign: str) -> None:
    world = shop(World())
    [answer] = world.run(request(FunctionNames=[foreign]))
    assert answer["Status"] == "SUCCESS"
    assert f"{foreign} is of account {foreign.split(':')[4]}" in answer["Reason"] or (
        f"{foreign} is " in answer["Reason"] and ACCOUNT in foreign
    )
    assert world.functions["shop"].subnets == SUBNETS
    assert not world.detached
    assert len(world.enis) == 2
    # A Create is the time to correct it.
    [_, created] = world.run(request("Create", FunctionNames=[foreign]))
    assert created["Status"] == "FAILED"
    assert foreign in created["Reason"]
    with pytest.raises(UserError, match="deploy"):
        world.by_hand({"dry_run": False, "functions": [foreign]})
    assert world.functions["shop"].subnets == SUBNETS


def test_the_arn_of_the_local_function_is_as_good_as_its_name() -> None:
    world = shop(World(release_s=1))
    [answer] = world.run(request(FunctionNames=[ARN]))
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
@pytest.mark.parametrize("form", ["object", "JSON", "YAML"])
def test_a_function_that_the_stack_retains_is_not_cut_off(policy: str, form: str) -> None:
    world = shop(World())
    world.own("shop", policy=policy)
    stack = world.stacks[STACK]
    if form == "JSON":
        stack.template = json.dumps(stack.template)
    elif form == "YAML":
        stack.template = (
            "AWSTemplateFormatVersion: 2010-09-09\nResources:\n  Functionshop:\n"
            f"    Type: AWS::Lambda::Function\n    DeletionPolicy: {policy}\n"
            "    Properties:\n      Role: !GetAtt Role.Arn\n      Code: !Sub '${A}'\n"
        )
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert f"its DeletionPolicy is {policy}" in answer["Reason"]
    assert (world.functions["shop"].subnets, world.detached) == (SUBNETS, [])
    assert len(world.enis) == 2


def test_what_is_retained_except_on_create_goes_when_the_create_is_rolled_back() -> None:
    world = shop(World(release_s=1))
    world.own("shop", policy="RetainExceptOnCreate")
    world.stacks[STACK].status = "ROLLBACK_IN_PROGRESS"
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}


def test_a_function_outside_the_stack_is_not_cut_off() -> None:
    world = shop(World(release_s=1))
    world.functions["stock"] = Function(SUBNETS[:1], list(GROUPS))
    [answer] = world.run(request(FunctionNames=["shop", "stock"]))
    assert answer["Status"] == "SUCCESS"
    assert "stock: it is not in this stack" in answer["Reason"]
    assert world.functions["stock"].subnets == SUBNETS[:1]
    assert set(world.detached) == {ARN}
    assert set(world.enis) == {"eni-00000000"}  # which stock still uses


def test_functions_of_nested_stacks_and_of_parents_that_go_are_detached() -> None:
    world = shop(World(release_s=1))
    parent, child = f"{STACK}-parent", f"{STACK}-child"
    world.stacks[STACK].resources.clear()
    world.stacks[STACK].parent = parent
    world.stacks[parent] = Stack()
    world.stacks[child] = Stack()
    world.stacks[parent].resources = {
        "Own": ("AWS::CloudFormation::Stack", STACK),
        "Child": ("AWS::CloudFormation::Stack", child),
    }
    world.own("shop", stack=child)
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}


def test_a_function_of_a_parent_that_stays_is_not_cut_off() -> None:
    world = shop(World())
    parent = f"{STACK}-parent"
    world.stacks[STACK].resources.clear()
    world.stacks[STACK].parent = parent
    world.stacks[parent] = Stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    world.own("shop", stack=parent)
    [answer] = world.run(request())
    assert "it is not in this stack" in answer["Reason"]
    assert not world.detached


def test_a_nested_stack_that_is_retained_keeps_its_functions() -> None:
    world = shop(World())
    child = f"{STACK}-child"
    stack = world.stacks[STACK]
    stack.resources = {"Child": ("AWS::CloudFormation::Stack", child)}
    stack.template = {"Resources": {"Child": {"DeletionPolicy": "Retain"}}}
    world.stacks[child] = Stack()
    world.own("shop", stack=child)
    [answer] = world.run(request())
    assert "its stack's DeletionPolicy is Retain" in answer["Reason"]
    assert not world.detached


@pytest.mark.parametrize(
    ("before", "detached"), [("DELETE_FAILED", False), ("CREATE_COMPLETE", True)]
)
def test_a_deletion_that_is_repeated_may_retain_anything_and_detaches_nothing(
    before: str, detached: bool
) -> None:
    world = shop(World(release_s=1))
    other = {"PhysicalResourceId": "shop", "ResourceStatus": "DELETE_FAILED"}
    world.stacks[STACK].events = [
        other,
        {"PhysicalResourceId": STACK, "ResourceStatus": "DELETE_IN_PROGRESS"},
        other,
        other,
        {"PhysicalResourceId": STACK, "ResourceStatus": before},
    ]
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert bool(world.detached) is detached
    assert ("may retain" in answer["Reason"]) is not detached


@pytest.mark.parametrize("call", ["list_stack_resources", "get_template", "describe_stack_events"])
def test_what_the_stack_removes_must_be_known_before_anything_is_detached(call: str) -> None:
    def fault(world: World, name: str) -> None:
        if name == call:
            raise refused("AccessDenied", name)

    world = shop(World(fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert "what the stack removes is not known" in answer["Reason"]
    assert "AccessDenied" in answer["Reason"]
    assert not world.detached


def test_a_stack_that_cannot_be_described_is_left_to_cloudformation() -> None:
    def fault(world: World, name: str) -> None:
        if name == "describe_stacks":
            raise refused("AccessDenied", name)

    world = shop(World(fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert answer["Reason"].startswith("left to CloudFormation: ")
    assert "AccessDenied" in answer["Reason"]
    assert (world.detached, len(world.enis)) == ([], 2)


@pytest.mark.parametrize("trouble", ["an access point of EFS", "no room for a tag"])
def test_a_function_that_lambda_does_not_change_is_left_to_cloudformation(trouble: str) -> None:
    world = shop(World(release_s=1))
    world.functions["files"] = Function(SUBNETS[:1], GROUPS[:1])
    world.own("files")
    if trouble == "no room for a tag":
        world.functions["files"].tags_full = True
    else:
        world.functions["files"].refusal = "InvalidParameterValueException"
    world.enis["eni-files"] = Eni(SUBNETS[0], GROUPS[:1])
    [answer] = world.run(request(FunctionNames=["files", "shop"]))
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["Deleted"] == "2"
    assert "not detached, and left to CloudFormation: files: " in answer["Reason"]
    assert set(world.enis) == {"eni-files"}
    assert world.functions["files"].subnets == SUBNETS[:1]


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_name_that_no_function_has_fails_before_it_matters(kind: str) -> None:
    world = shop(World())
    [answer] = world.run(request(kind, FunctionNames=["shop", "shpo"]))
    assert answer["Status"] == "FAILED"
    assert "there is no function shpo" in answer["Reason"]
    assert "DependsOn" in answer["Reason"]
    [_, fine] = world.run(request(kind))
    assert fine["Status"] == "SUCCESS"
    assert not world.detached


def test_an_update_does_not_look_for_what_was_named_before() -> None:
    """Else the roll-back of an update that removed a function would fail."""
    world = shop(World())
    event = request("Update", FunctionNames=["gone", "shop"])
    event["OldResourceProperties"] = {"FunctionNames": ["gone"]}
    [answer] = world.run(event)
    assert answer["Status"] == "SUCCESS"


@pytest.mark.parametrize("dry", [True, False])
def test_a_direct_order_for_a_function_that_is_not_there_is_refused(dry: bool) -> None:
    world = shop(World())
    with pytest.raises(UserError, match="there is no function shpo in account"):
        world.by_hand({"dry_run": dry, "functions": ["shop", "shpo"]})
    assert not world.detached


@pytest.mark.parametrize(
    "properties",
    [
        {"Purpose": "x"},
        {"FunctionNames": "shop"},
        {"ServiceTimeout": "soon"},
        {"FunctionNames": []},
    ],
)
def test_no_property_makes_a_stack_undeletable(properties: dict[str, Any]) -> None:
    world = shop(World(release_s=1))
    [answer] = world.run(request(**properties))
    assert answer["Status"] == "SUCCESS"
    if properties == {"Purpose": "x"}:
        assert answer["Data"]["Deleted"] == "2"  # the rest of it is served
    else:
        assert "left to CloudFormation" in answer["Reason"]
        assert not world.detached
    [_, created] = world.run(request("Create", **properties))
    assert created["Status"] == "FAILED"


def _publish(world: World, *versions: str, groups: list[str] | None = None) -> None:
    for version in versions:
        made = Function(list(SUBNETS), list(groups or GROUPS), version=version)
        world.functions[f"shop:{version}"] = made


def test_published_versions_of_a_function_that_goes_are_deleted_with_their_aliases() -> None:
    world = shop(World(release_s=1))
    _publish(world, "1", "2", "3", "4")
    world.aliases = {
        ("shop", "live"): ["4"],
        ("shop", "canary"): ["4", "3"],
        ("stock", "live"): ["1"],
    }
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert [name for name in world.functions if name.startswith("shop:")] == []
    assert [*world.aliases] == [("stock", "live")]
    # Out first: else a call in between would make the interfaces again.
    assert world.steps.index("update_function_configuration") < world.steps.index("delete_function")


@pytest.mark.parametrize("crash", [False, True])
def test_a_version_of_another_vpc_configuration_is_waited_for_even_after_a_crash(
    crash: bool,
) -> None:
    other = ["sg-00000000"]
    world = shop(World(release_s=1))
    _publish(world, "1", groups=other)
    world.enis["eni-old"] = Eni(SUBNETS[0], list(other))
    died: list[str] = []

    def fault(there: World, name: str) -> None:
        if name == "describe_network_interfaces" and not died:
            died.append(name)
            there.kill()

    world.fault = fault if crash else None
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert bool(died) is crash
    assert not world.enis


def test_a_function_that_is_kept_does_not_keep_the_next_one_from_being_detached() -> None:
    world = shop(World(release_s=1))
    world.functions["stock"] = Function([], [])
    world.run(request(FunctionNames=["stock", "shop"]))
    assert set(world.detached) == {ARN}


@pytest.mark.parametrize("step", ["list_versions_by_function", "delete_function", "delete_alias"])
def test_versions_that_cannot_be_deleted_are_left_to_cloudformation_and_named(step: str) -> None:
    def fault(world: World, name: str) -> None:
        if name == step:
            raise refused("AccessDeniedException", name)

    world = shop(World(release_s=1, fault=fault))
    _publish(world, "7")
    world.aliases = {("shop", "live"): ["7"]}
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert "AccessDeniedException" in answer["Reason"]
    assert "not detached, and left to CloudFormation: shop" in answer["Reason"]
    assert set(world.enis) == {"eni-00000000", "eni-00000001"}


def test_versions_of_a_function_that_stays_are_not_deleted() -> None:
    world = shop(World())
    world.own("shop", policy="Retain")
    _publish(world, "1")
    world.run(request())
    assert "shop:1" in world.functions
    world.by_hand({"dry_run": True, "functions": ["shop"]})
    assert "delete_function" not in world.steps


def test_a_direct_order_deletes_no_version() -> None:
    world = shop(World(release_s=1))
    _publish(world, "1")
    found = world.by_hand({"dry_run": False, "functions": ["shop"]})
    assert "shop:1" in world.functions
    assert {each["reason"] for each in found["interfaces"]} == {"used by shop:1"}


def _update(old: dict[str, Any], **new: Any) -> dict[str, Any]:
    return {**request("Update", **new), "OldResourceProperties": old}


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"FunctionNames": ["shop", "stock"]}, {"FunctionNames": ["shop"]}, True),
        ({"FunctionNames": ["shop"]}, {"FunctionNames": ["shop", "stock"]}, False),
        ({"FunctionNames": ["shop", "stock"]}, {"FunctionNames": ["stock", "shop"]}, False),
        (
            {"SubnetIds": SUBNETS, "SecurityGroupIds": GROUPS},
            {"SubnetIds": SUBNETS, "SecurityGroupIds": GROUPS[:1]},
            True,
        ),
        ({"VpcId": "vpc-0a1b2c3d"}, {"VpcId": "vpc-1a1b2c3d"}, True),
        ({"ServiceTimeout": "60"}, {"ServiceTimeout": "90"}, False),
        ("?", {}, False),
    ],
)
def test_an_update_that_removes_something_gets_another_id_so_that_a_delete_follows(
    old: Any, new: dict[str, Any], replaced: bool
) -> None:
    world = shop(World())
    world.functions["stock"] = Function([], [])
    event = _update(old, **new)
    [answer] = world.run(event)
    assert answer["Status"] == "SUCCESS"
    assert (answer["PhysicalResourceId"] != event["PhysicalResourceId"]) is replaced
    [_, again] = world.run(event)
    assert again["PhysicalResourceId"] == answer["PhysicalResourceId"]
    assert not world.detached
    if replaced:
        following = {**event, "PhysicalResourceId": answer["PhysicalResourceId"], "RequestId": "2"}
        [*_, third] = world.run(following)
        assert third["PhysicalResourceId"] not in (answer["PhysicalResourceId"], "")
        assert len(third["PhysicalResourceId"]) == len(answer["PhysicalResourceId"])


def _cleaning(world: World, *changes: tuple[str, str]) -> World:
    stack = world.stacks[STACK]
    stack.status, stack.change_set = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "arn:change-set"
    stack.changes = [
        {
            "ResourceType": "AWS::Lambda::Function",
            "PolicyAction": action,
            "PhysicalResourceId": name,
        }
        for name, action in changes
    ]
    return world


@pytest.mark.parametrize("action", ["Delete", "ReplaceAndDelete"])
def test_a_function_that_an_update_removes_is_detached_in_the_cleanup(action: str) -> None:
    world = _cleaning(shop(World(release_s=1)), ("other", "Delete"), ("shop", action))
    [answer] = world.run(request())
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert set(world.detached) == {ARN}


@pytest.mark.parametrize("action", ["Retain", "ReplaceAndRetain", ""])
def test_a_function_that_an_update_keeps_or_retains_is_not_cut_off(action: str) -> None:
    world = _cleaning(shop(World(release_s=1)), ("shop", action))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert "shop: the update does not remove it" in answer["Reason"]
    assert not world.detached
    assert len(world.enis) == 2


@pytest.mark.parametrize(
    "case", ["no change set", "a roll-back", "a change set that cannot be read"]
)
def test_an_update_that_is_not_known_detaches_nothing(case: str) -> None:
    world = _cleaning(shop(World(release_s=1)), ("shop", "Delete"))
    stack = world.stacks[STACK]
    if case == "no change set":
        stack.change_set = ""
    elif case == "a roll-back":
        stack.status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
    else:

        def fault(_: World, name: str) -> None:
            if name == "describe_change_set":
                raise refused("AccessDenied", name)

        world.fault = fault
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert "not known" in answer["Reason"]
    assert not world.detached


def test_interfaces_of_a_group_that_an_update_removes_are_waited_for_and_deleted() -> None:
    world = _cleaning(shop(World(release_s=100)))
    old = ["sg-00000000"]
    world.enis["eni-old"] = Eni(SUBNETS[0], list(old))
    [answer] = world.run(request(FunctionNames=[], SubnetIds=SUBNETS, SecurityGroupIds=old))
    assert answer["Data"] == {"Deleted": "1", "Kept": "0"}
    assert set(world.enis) == {"eni-00000000", "eni-00000001"}
    assert world.elapsed_s > 100


def test_a_function_that_is_gone_does_not_keep_the_next_one_from_being_detached() -> None:
    world = shop(World(release_s=1))
    [answer] = world.run(request(FunctionNames=["gone", "shop"]))
    assert answer["Data"] == {"Deleted": "2", "Kept": "0"}
    assert set(world.detached) == {ARN}


def test_tags_have_one_name_for_one_configuration_and_numbers_for_more() -> None:
    """An older version of this function wrote the first ones, and a Delete of today reads them."""
    world = shop(World(release_s=1))
    _publish(world, "1", groups=["sg-00000000"])
    world.run(request())
    tags = world.functions["shop"].tags
    assert tags["eni-cleanup:subnets:1"] == " ".join(SUBNETS)
    assert tags["eni-cleanup:groups:1"] == " ".join(GROUPS)
    assert tags["eni-cleanup-2:groups:1"] == "sg-00000000"


def test_between_full_batches_nothing_is_waited_for() -> None:
    world = shop(World(release_s=1, config=Config(mutate_burst=1000, poll_s=300.0)), count=600)
    world.services.buckets["mutate"].burst = world.services.buckets["mutate"].tokens = 1000
    [answer] = world.run(request())
    assert answer["Data"]["Deleted"] == "600"
    assert world.elapsed_s < 2 * 300 + 100


def test_ten_interfaces_are_deleted_at_a_time() -> None:
    world = shop(World(release_s=1), count=60)
    world.run(request())
    assert world.most_concurrent == 10


def test_an_alias_that_is_gone_does_not_keep_its_version() -> None:
    def fault(world: World, name: str) -> None:
        if name == "delete_alias":
            world.aliases.clear()  # another process was faster
            raise refused("ResourceNotFoundException", name)

    world = shop(World(release_s=1, fault=fault))
    world.functions["shop:1"] = Function(list(SUBNETS), list(GROUPS), version="1")
    world.aliases["shop", "live"] = ["1"]
    [answer] = world.run(request())
    assert "a published version keeps" not in answer["Reason"]
    assert "shop:1" not in world.functions


def test_notes_of_three_configurations_are_read_apart() -> None:
    world = shop(World())
    world._deadline = world.now + 900
    caller = AwsCaller(world.dependencies, lambda: 900.0)
    places = [(f"subnet-0000000{n}", f"sg-0000000{n}") for n in (1, 2, 3)]
    for number, (subnet, group) in enumerate(places, 1):
        write_network_tags(caller, ARN, [subnet], [group], number)
    noted = read_network_tags(caller, ARN)
    assert noted == {NetworkConfig(subnet, (group,)) for subnet, group in places}
