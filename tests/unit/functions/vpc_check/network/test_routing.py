"""Which of several routes is taken, and where a finding without a hop of its own is drawn."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.functions.vpc_check.casefile import BASE, changed
from vpc_check.facts import Attachment, Facts
from vpc_check.findings import Finding
from vpc_check.network.cidr import networks, translated
from vpc_check.network.destination import locate
from vpc_check.network.paths import make_analysis, place_finding
from vpc_check.network.routing import choose
from vpc_check.target import parse

LISTS = {"ManagedPrefixLists": [{"PrefixListId": "pl-1", "Entries": [{"Cidr": "10.9.0.0/16"}]}]}


def chosen(*routes: dict[str, Any], address: str = "10.9.0.9") -> Any:
    route = choose(Facts("eu-west-1", LISTS), {"Routes": list(routes)}, networks([address]))
    return route and route["To"]


def route(destination: str, to: str, **more: str) -> dict[str, Any]:
    key = "DestinationPrefixListId" if destination[:3] == "pl-" else "DestinationCidrBlock"
    return {key: destination, "To": to, **more}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (route("10.9.0.0/24", "a"), route("10.9.0.0/16", "b")),
        (route("10.9.0.0/16", "a"), route("pl-1", "b")),
        (
            route("10.9.0.0/16", "a", Origin="CreateRoute"),
            route("10.9.0.0/16", "b", Origin="EnableVgwRoutePropagation"),
        ),
        (route("pl-1", "a"), route("10.0.0.0/8", "b")),
    ],
)
def test_of_two_routes_one_wins_wherever_it_stands(
    winner: dict[str, Any], loser: dict[str, Any], turned: bool
) -> None:
    rows = (loser, winner) if turned else (winner, loser)
    assert chosen(*rows) == "a"


def test_without_a_route_for_it_none_is_chosen() -> None:
    assert chosen(route("10.8.0.0/16", "a")) is None


def test_an_endpoint_is_where_its_interfaces_are() -> None:
    endpoint = {
        "VpcEndpointId": "vpce-1",
        "VpcEndpointType": "Interface",
        "ServiceName": "com.amazonaws.eu-west-1.sqs",
        "PrivateDnsEnabled": True,
        "SubnetIds": ["subnet-a", "subnet-b"],
        "NetworkInterfaceIds": ["eni-1", "eni-gone"],
        "Groups": [{"GroupId": "sg-endpoint"}],
    }
    interface = {
        "NetworkInterfaceId": "eni-1",
        "SubnetId": "subnet-b",
        "PrivateIpAddress": "10.0.2.40",
    }
    change = {"VpcEndpoints": [endpoint], "NetworkInterfaces": [interface]}
    target = parse("https://sqs.eu-west-1.amazonaws.com")
    found = locate(Facts("eu-west-1", changed(change)), target)
    (place,) = found.locations
    assert (place.id, place.subnet, place.groups) == ("eni-1", "subnet-b", ("sg-endpoint",))
    without = {**change, "NetworkInterfaces": []}
    found = locate(Facts("eu-west-1", changed(without)), target)
    assert [each.id for each in found.locations] == ["subnet-a", "subnet-b"]


def test_a_finding_of_a_kind_that_the_path_lacks_is_drawn_at_its_beginning() -> None:
    function = Attachment.of(BASE["Function"])
    target = parse("tcp://10.0.5.10:5432")
    analysis = make_analysis(Facts("eu-west-1", BASE), function, [target])
    path = analysis.paths[0]
    finding = Finding("DNS_FORWARDED", "info", "x", "m", "r", target.text)
    assert place_finding(path.hops, "dns", finding, target.text, path.subnet) is path.hops[0]
    assert place_finding(path.hops, "target", finding, target.text, path.subnet) is path.hops[-1]
    groups = [hop for hop in path.hops if hop.kind == "groups"]
    assert len(groups) == 2
    assert place_finding(path.hops, "groups", finding, target.text, path.subnet) is groups[0]
    subnets = [hop.ids for hop in path.hops if hop.kind == "subnet"]
    assert subnets == [("subnet-a", "acl-fn"), ("subnet-db", "acl-db")]
    assert place_finding(path.hops, "", finding, target.text, path.subnet) is None
    assert place_finding(path.hops, "target", finding, "tcp://other:1", path.subnet) is None


def test_addresses_of_dns64_are_translated_back() -> None:
    assert translated(networks(["64:ff9b::5db8:d822"])) == networks(["93.184.216.34"])
    for texts in (["2606:2800::1"], ["10.0.0.1"], ["64:ff9b::1", "2606:2800::1"]):
        assert translated(networks(texts)) == networks(texts)


@pytest.mark.parametrize(
    ("host", "description", "how"),
    [
        ("orders.abc.ng.0001.euw1.cache.amazonaws.com", "ElastiCache orders", "ElastiCache orders"),
        (
            "master.orders.abc.euw1.cache.amazonaws.com",
            "ElastiCache orders-1",
            "ElastiCache orders",
        ),
        ("internal-shop-1.eu-west-1.elb.amazonaws.com", "ELB app/shop/0a", "ELB app/shop/"),
        ("internal-shop-1.eu-west-1.elb.amazonaws.com", "ELB shop", "ELB app/shop/"),
        ("vpc-logs-abc1.eu-west-1.es.amazonaws.com", "ES logs", "ES logs"),
        (
            "eu-west-1a.fs-0a.efs.eu-west-1.amazonaws.com",
            "EFS mount target for fs-0a (fsmt-1)",
            "EFS mount target for fs-0a",
        ),
    ],
)
def test_a_name_is_found_by_what_aws_writes_on_its_interface(
    host: str, description: str, how: str
) -> None:
    row = {"NetworkInterfaceId": "eni-x", "SubnetId": "subnet-db", "PrivateIpAddress": "10.0.5.9"}
    others = [
        {**row, "NetworkInterfaceId": "eni-y", "Description": f"{description}x"},
        {**row, "NetworkInterfaceId": "eni-z", "Description": ""},
    ]
    if description.startswith("EFS"):
        others[0]["Description"] = "EFS mount target for fs-0ab (fsmt-1)"
    if description.endswith("-1"):
        others[0]["Description"] = "ElastiCache ordersx"
    if description.endswith("/0a"):
        others[0]["Description"] = "ELB app/shop2/0a"
    rows = [*others, {**row, "Description": description}]
    found = locate(Facts("eu-west-1", {"NetworkInterfaces": rows}), parse(f"tcp://{host}:443"))
    assert [each.id for each in found.locations] == ["eni-x"]
    assert found.how == f"interfaces described as {how}"


def test_an_address_is_of_a_services_list_only_where_the_list_has_it() -> None:
    facts = Facts("eu-west-1", BASE)
    target = parse("https://orders.s3.eu-west-1.amazonaws.com")
    for address, listed in (("52.218.1.1", "pl-s3"), ("93.184.216.34", "")):
        (place,) = locate(facts, target, [address]).locations
        assert place.prefix_list == listed
    (place,) = locate(facts, parse("https://example.com"), ["52.218.1.1"]).locations
    assert place.prefix_list == ""
