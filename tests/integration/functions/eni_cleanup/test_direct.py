"""Orders given by hand, against moto."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from eni_cleanup import app
from eni_cleanup.aws import Dependencies
from rie.demo.aws import eni_fixtures as furniture
from rie.demo.aws.eni_fixtures import Vpc
from rie.paths import ROOT
from surefoot.kit.errors import UserError
from surefoot.testing import fake_context
from tests.integration.functions.eni_cleanup.proxy import Proxy
from tests.unit.functions.eni_cleanup.world import GROUPS, SUBNETS, World, shop

READ_ONLY = {
    *["DescribeNetworkInterfaces", "ListFunctions", "GetFunctionConfiguration"],
    *["GetCallerIdentity", "ListTags"],
}


def _order(order: dict[str, Any], dependencies: Dependencies) -> dict[str, Any]:
    result = app.handle(order, fake_context(timeout=60), dependencies)
    return dict(json.loads(json.dumps(result)))


def test_a_dry_run_shows_each_interface_and_its_holders_and_changes_nothing(
    ec2: Proxy, vpc: Vpc, real: Dependencies, capsys: pytest.CaptureFixture[str]
) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    furniture.function("other", vpc.subnets[:1], vpc.groups)
    shared = furniture.interface(vpc.subnets[0], vpc.groups, in_use=True)
    own = furniture.interface(vpc.subnets[1], vpc.groups, in_use=True)
    orphan = furniture.interface(vpc.subnets[1], vpc.groups[:1])
    before = furniture.interfaces()
    del ec2.calls[:]
    result = _order({"dry_run": True, "functions": ["shop"], "vpc_id": vpc.id}, real)
    assert set(ec2.calls) <= READ_ONLY
    assert furniture.interfaces() == before
    fates = {each["id"]: (each["fate"], each["held_by"]) for each in result["interfaces"]}
    assert fates == {
        shared: ("keep", ["other", "shop"]),
        own: ("wait", ["shop"]),
        orphan: ("delete", []),
    }
    assert (result["would_delete"], result["would_detach"]) == (2, ["shop"])
    assert (result["version"], result["done"], result["deleted"]) == (1, False, 0)
    rows = result["table"].splitlines()
    assert rows[0].split()[:2] == ["interface", "kind"]
    [row] = [row for row in rows if shared in row]
    assert "other, shop" in row
    assert row.endswith("keep")
    assert result["table"] in capsys.readouterr().out


def test_an_order_does_what_the_dry_run_showed(ec2: Proxy, vpc: Vpc, real: Dependencies) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    name = furniture.interface(vpc.subnets[0], vpc.groups)
    held = furniture.interface(vpc.subnets[0], vpc.groups[:1], in_use=True)
    result = _order({"dry_run": False, "functions": ["shop"], "subnets": list(vpc.subnets)}, real)
    assert (result["done"], result["deleted"], result["detached"]) == (True, 1, ["shop"])
    assert name not in furniture.interfaces()
    assert held in furniture.interfaces()
    assert [each["id"] for each in result["interfaces"]] == [held]
    config = boto3.client("lambda").get_function_configuration(FunctionName="shop")
    assert config["VpcConfig"]["SubnetIds"] == []


def test_a_vpc_alone_detaches_nobody(ec2: Proxy, vpc: Vpc, real: Dependencies) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    used = furniture.interface(vpc.subnets[0], vpc.groups)
    orphan = furniture.interface(vpc.subnets[0], vpc.groups[:1])
    result = _order({"dry_run": False, "vpc_id": vpc.id}, real)
    assert (result["done"], result["deleted"]) == (True, 1)
    assert furniture.interfaces() >= {used}
    assert orphan not in furniture.interfaces()
    assert "UpdateFunctionConfiguration" not in ec2.calls


def test_out_of_time_it_says_so_and_the_same_order_goes_on() -> None:
    world = shop(World(release_s=1200))
    order = {"dry_run": False, "functions": ["shop"]}
    first = world.by_hand(order)
    assert (first["done"], first["deleted"]) == (False, 0)
    assert {each["fate"] for each in first["interfaces"]} == {"wait"}
    second = world.by_hand(order)
    assert (second["done"], second["deleted"], second["interfaces"]) == (True, 2, [])
    assert not world.crimes
    assert not world.answers


def test_an_order_reaches_the_pairs_of_a_function_that_is_gone() -> None:
    world = shop(World(release_s=1))
    del world.functions["shop"]
    order = {"dry_run": False, "subnets": SUBNETS, "security_groups": GROUPS}
    assert world.by_hand(order)["deleted"] == 2


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (None, "neither a CloudFormation request nor a direct order"),
        ({}, "neither a CloudFormation request nor a direct order"),
        ({"functions": ["shop"]}, "neither a CloudFormation request"),
        ({"dry_run": "yes", "functions": ["shop"]}, "neither a CloudFormation request"),
        ({"dry_run": False}, "nothing is named"),
        ({"dry_run": False, "vpc": "vpc-0a1b2c3d"}, "no member vpc"),
        ({"dry_run": False, "vpc_id": "0a1b2c3d"}, "vpc_id is '0a1b2c3d'"),
        ({"dry_run": False, "subnets": "subnet-0a1b2c3d"}, "subnets is 'subnet-0a1b2c3d'"),
        ({"dry_run": False, "subnets": ["sg-0a1b2c3d"]}, "subnets holds 'sg-0a1b2c3d'"),
        ({"dry_run": False, "functions": ["shop:7"]}, "functions holds 'shop:7'"),
        ({"dry_run": False, "functions": ["a"], "security_groups": ["sg-0a1b2c3d"]}, "give both"),
    ],
)
def test_an_order_that_makes_no_sense_touches_nothing(event: Any, said: str) -> None:
    world = shop(World())
    with pytest.raises(UserError, match=said):
        world.by_hand(event)
    assert world.steps == []


def test_functions_may_be_named_by_arn() -> None:
    world = shop(World(release_s=1))
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
    assert world.by_hand({"dry_run": False, "functions": [arn]})["detached"] == ["shop"]


@pytest.mark.parametrize("path", sorted((ROOT / "functions/eni_cleanup/events").glob("[12]*.json")))
def test_the_events_beside_the_function_are_orders(path: Any) -> None:
    result = shop(World(), count=0).by_hand(json.loads(path.read_text()))
    assert result["interfaces"] == []
