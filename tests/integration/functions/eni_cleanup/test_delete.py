"""A Delete with boto3 against moto, with what EC2 refuses refused."""

from __future__ import annotations

import boto3
import pytest

from eni_cleanup import app
from eni_cleanup.aws import Dependencies
from rie.demo.aws import eni_fixtures as furniture
from rie.demo.aws.eni_fixtures import Vpc
from surefoot.testing import fake_context
from tests.integration.functions.eni_cleanup import proxy
from tests.integration.functions.eni_cleanup.conftest import Order
from tests.integration.functions.eni_cleanup.mailbox import Mailbox
from tests.integration.functions.eni_cleanup.proxy import Proxy


def _shop(vpc: Vpc) -> list[str]:
    """A function and its interfaces, one in each subnet."""
    furniture.function("shop", vpc.subnets, vpc.groups)
    return [furniture.interface(subnet, vpc.groups, in_use=True) for subnet in vpc.subnets]


def _release_at_look(aws: Proxy, names: list[str], look: int) -> None:
    """Let Lambda release interfaces before the look of this number, counted from 1."""

    def before(_: int, operation: str) -> None:
        if operation == "DescribeNetworkInterfaces" and aws.calls.count(operation) == look:
            for name in names:
                furniture.release(name)

    aws.before = before


def test_detaches_waits_deletes_and_answers(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies
) -> None:
    names = _shop(vpc)
    _release_at_look(ec2, names, 3)
    result = app.handle(
        order(furniture.stack(), FunctionNames=["shop"]), fake_context(timeout=60), real
    )
    assert result["status"] == "SUCCESS"
    assert not ec2.crimes
    assert not furniture.interfaces() & set(names)
    config = boto3.client("lambda").get_function_configuration(FunctionName="shop")
    assert config["VpcConfig"]["SubnetIds"] == []
    [answer] = box.taken
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"Deleted": "2", "Kept": "0"})
    calls = ec2.calls
    # The note stands before the deed, and nothing is deleted before the function is out.
    assert calls.index("TagResource") < calls.index("UpdateFunctionConfiguration")
    assert calls.index("UpdateFunctionConfiguration") < calls.index("DeleteNetworkInterface")
    assert calls.count("DescribeNetworkInterfaces") == 4


def test_old_interfaces_are_taken_off_their_instance_first(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies
) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    old = furniture.interface(vpc.subnets[0], vpc.groups, furniture.OLD_STYLE)
    instance = boto3.client("ec2").run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, InstanceType="t3.micro"
    )["Instances"][0]["InstanceId"]
    boto3.client("ec2").attach_network_interface(
        NetworkInterfaceId=old, InstanceId=instance, DeviceIndex=1
    )
    furniture.backend(old).instance.security_groups = []
    result = app.handle(
        order(furniture.stack(), FunctionNames=["shop"]), fake_context(timeout=60), real
    )
    assert result["status"] == "SUCCESS"
    assert "DetachNetworkInterface" in ec2.calls
    assert old not in furniture.interfaces()
    assert not ec2.crimes


@pytest.mark.parametrize("version", [False, True], ids=["another function", "a published version"])
def test_what_somebody_else_uses_stays(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies, version: bool
) -> None:
    names = _shop(vpc)
    for name in names:
        furniture.release(name)  # even then: the next invocation of the other needs it
    furniture.function("other", vpc.subnets[:1], tuple(reversed(vpc.groups)))
    if version:
        client = boto3.client("lambda")
        client.publish_version(FunctionName="other")
        client.update_function_configuration(
            FunctionName="other", VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
        )
    app.handle(order(furniture.stack(), FunctionNames=["shop"]), fake_context(timeout=60), real)
    assert furniture.interfaces() & set(names) == {names[0]}
    [answer] = box.taken
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"Deleted": "1", "Kept": "1"}
    assert ("used by other:1" if version else "used by other") in answer["Reason"]


def test_orphans_go_and_strangers_stay(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies
) -> None:
    orphans = [
        furniture.interface(vpc.subnets[0], vpc.groups[:1]),
        furniture.interface(vpc.subnets[1], vpc.groups[1:], furniture.OLD_STYLE),
    ]
    held = furniture.interface(vpc.subnets[0], vpc.groups[1:], in_use=True)
    forged = furniture.interface(vpc.subnets[0], vpc.groups)
    furniture.backend(forged).interface_type = "interface"
    foreign = furniture.interface(vpc.subnets[0], vpc.groups, "ELB app/shop/1")
    stays = {held, forged, foreign}
    app.handle(
        order(furniture.stack(), SubnetIds=list(vpc.subnets)), fake_context(timeout=60), real
    )
    assert not furniture.interfaces() & set(orphans)
    assert furniture.interfaces() >= stays
    assert not ec2.crimes
    assert box.taken[0]["Status"] == "SUCCESS"


def test_an_update_that_drops_the_resource_touches_nothing(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies
) -> None:
    names = _shop(vpc)
    stack = furniture.stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    app.handle(order(stack, FunctionNames=["shop"]), fake_context(timeout=60), real)
    assert not {"UpdateFunctionConfiguration", "DeleteNetworkInterface"} & set(ec2.calls)
    assert furniture.interfaces() >= set(names)
    assert box.taken[0]["Status"] == "SUCCESS"
    assert "shop: whether the update retains it is not known" in box.taken[0]["Reason"]


@pytest.mark.parametrize("fault", [proxy.THROTTLED, proxy.FAILED, proxy.DROPPED])
def test_each_call_may_fail_once(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies, fault: str
) -> None:
    """Every operation fails the first time it is called: all of them in one run."""
    names = _shop(vpc)
    _release_at_look(ec2, names, 4)
    event = order(furniture.stack(), FunctionNames=["shop"])
    del ec2.calls[:]
    ec2.fault = lambda number, operation: fault if operation not in ec2.calls[:number] else ""
    assert app.handle(event, fake_context(timeout=60), real)["status"] == "SUCCESS"
    failed = {operation for operation in ec2.calls if ec2.calls.count(operation) > 1}
    assert failed == set(ec2.calls)
    assert not furniture.interfaces() & set(names)
    assert not ec2.crimes
    assert len(box.taken) == 1


def test_a_stack_that_cannot_be_described_is_named_and_left_to_cloudformation(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, real: Dependencies
) -> None:
    names = _shop(vpc)
    event = order(
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/gone/1", FunctionNames=["shop"]
    )
    app.handle(event, fake_context(timeout=60), real)
    assert box.taken[0]["Status"] == "SUCCESS"
    assert "left to CloudFormation: cloudformation:DescribeStacks" in box.taken[0]["Reason"]
    assert furniture.interfaces() >= set(names)
