"""Reports to render: of a network with several faults, and one of hostile names."""

from __future__ import annotations

from tests.unit.functions.vpc_check.casefile import changed
from vpc_check.app import analyse
from vpc_check.facts import Facts, Unknown
from vpc_check.observation import Observation
from vpc_check.report.report import Report
from vpc_check.request import read_plan
from vpc_check.target import Target, parse

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
WEB = "https://example.com"
DATABASE = "tcp://10.0.5.10:5432"
FINE = "tcp://10.0.9.77:443"


def broken() -> Report:
    """No way to the internet, a group that keeps the function out, and one target that works."""
    tables = {"rtb-private": {"Routes": [{"DestinationCidrBlock": "10.0.0.0/16", **_LOCAL}]}}
    groups: dict[str, dict[str, list[str]]] = {"sg-db": {"IpPermissions": []}}
    small = {"subnet-b": {"AvailableIpAddressCount": 3}}
    sections = changed({"RouteTables": tables, "SecurityGroups": groups, "Subnets": small})
    del sections["InterfaceQuota"]
    unknown = {"InterfaceQuota": Unknown("servicequotas:GetServiceQuota was refused")}
    targets = [parse(text) for text in (WEB, DATABASE, FINE)]
    seen = [
        Observation(targets[0], "dropped", "timed out", "93.184.216.34", (), 3001.2),
        Observation(targets[1], "dropped", "timed out", "10.0.5.10", (), 3000.9),
        Observation(targets[2], "ok", "", "10.0.9.77", (), 1.4),
    ]
    plan = read_plan({"concurrency": 2000, "connections": 200, "memory_mb": 1024, "historic": True})
    return analyse(Facts("eu-west-1", sections, unknown), targets, seen, plan)


def crowded() -> Report:
    """The longest code, and a host as long as Amazon makes them."""
    host = "shop-production.cluster-c9qkzexample1.ap-southeast-2.rds.amazonaws.com"
    target = parse(f"tcp://{host}:5432", address="192.168.7.7")
    return analyse(Facts("eu-west-1", changed({})), [target])


def hostile() -> Report:
    """Names as somebody could choose them who wants to be markup."""
    sections = changed({"Function": {"FunctionName": HOSTILE}})
    target = Target("tcp", HOSTILE, 1, about=HOSTILE)
    seen = [Observation(target, "failed", HOSTILE)]
    return analyse(Facts(HOSTILE, sections, {}), [target], seen)


_LOCAL = {"GatewayId": "local", "State": "active"}
