"""A public address is looked up in the whole account, with the groups that guard it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.unit.functions.vpc_check.aws.test_collect import Recorder
from vpc_check.aws.clients import Clients
from vpc_check.aws.public_interfaces import add_public_interfaces
from vpc_check.facts import Facts

FAR = {
    "NetworkInterfaceId": "eni-far",
    "Association": {"PublicIp": "54.72.1.2"},
    "Groups": [{"GroupId": "sg-far"}, {"GroupId": "sg-1"}],
}
OWN = {"NetworkInterfaceId": "eni-own", "Association": {"PublicIp": "34.250.1.1"}}


def facts(**more: Any) -> Facts:
    sections = {"Vpcs": [{"VpcId": "vpc-1"}], "NetworkInterfaces": [OWN]}
    return Facts("eu-west-1", {**sections, "SecurityGroups": [{"GroupId": "sg-1"}], **more})


def look_up(addresses: list[str], known: Facts, **answers: Any) -> tuple[Facts, Recorder]:
    ec2 = Recorder(answers)
    clients = Clients("eu-west-1", ec2, *[Recorder({})] * 9)
    return add_public_interfaces(clients, known, addresses), ec2


def test_an_address_of_another_vpc_is_found_with_its_groups() -> None:
    found, ec2 = look_up(
        ["54.72.1.2", "34.250.1.1", "10.0.5.10", "example.com", "2606:2800::1", "54.72.1.2"],
        facts(),
        describe_network_interfaces={"NetworkInterfaces": [FAR]},
        describe_security_groups={"SecurityGroups": [{"GroupId": "sg-far"}]},
    )
    by_address = {"Filters": [{"Name": "association.public-ip", "Values": ["54.72.1.2"]}]}
    assert ec2.requests["describe_network_interfaces"] == [by_address]
    by_id = {"Filters": [{"Name": "group-id", "Values": ["sg-far"]}]}
    assert ec2.requests["describe_security_groups"] == [by_id]
    assert found.interface_by_public_address["54.72.1.2"]["NetworkInterfaceId"] == "eni-far"
    assert [each["GroupId"] for each in found.rows("SecurityGroups")] == ["sg-1", "sg-far"]


def test_nothing_is_asked_for_private_and_known_addresses_or_outside_of_a_vpc() -> None:
    for addresses, known in (
        (["10.0.5.10", "34.250.1.1", "example.com"], facts()),
        (["54.72.1.2"], facts(Vpcs=[])),
    ):
        found, ec2 = look_up(addresses, known)
        assert found is known
        assert not ec2.requests


def test_a_refusal_is_reported_and_changes_nothing_else() -> None:
    def refuse(_: Any) -> Any:
        error = {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}
        raise ClientError(error, "DescribeNetworkInterfaces")  # type: ignore[arg-type]

    found, _ = look_up(["54.72.1.2"], facts(), describe_network_interfaces=refuse)
    assert set(found.unknown) == {"PublicInterfaces"}
    assert found.rows("NetworkInterfaces") == [OWN]
    found, _ = look_up(
        ["54.72.1.2"],
        facts(),
        describe_network_interfaces={"NetworkInterfaces": [FAR]},
        describe_security_groups=refuse,
    )
    assert set(found.unknown) == {"PublicInterfaceGroups"}
    assert found.rows("PublicInterfaces") == [FAR]
