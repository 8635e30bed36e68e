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
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
    sections = changed({"RouteTables": tables, "SecurityGroups": groups, "Subnets": small})
    sections["Function"] = {**sections["Function"], "FunctionArn": arn}
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


def eight() -> Report:
    """Eight targets from three subnets: several causes, and targets that work."""
    public = {"RouteTableId": "rtb-public-c", "VpcId": "vpc-1"}
    routes = [
        {"DestinationCidrBlock": "10.0.0.0/16", **_LOCAL},
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"},
    ]
    third = {
        "SubnetId": "subnet-c",
        "VpcId": "vpc-1",
        "CidrBlock": "10.0.7.0/24",
        "AvailabilityZone": "eu-west-1c",
        "AvailableIpAddressCount": 200,
        "Tags": [{"Key": "Name", "Value": "app-c"}],
    }
    sections = changed(
        {
            "Function": {
                "VpcConfig": {"SubnetIds": ["subnet-a", "subnet-b", "subnet-c"]},
                "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            },
            "SecurityGroups": {"sg-db": {"IpPermissions": []}},
        }
    )
    sections["Subnets"] = [*sections["Subnets"], third]
    associated = [{"SubnetId": "subnet-c", "Main": False}]
    table = {**public, "Routes": routes, "Associations": associated}
    sections["RouteTables"] = [*sections["RouteTables"], table]
    acl = dict(sections["NetworkAcls"][0], NetworkAclId="acl-c")
    sections["NetworkAcls"] = [*sections["NetworkAcls"], {**acl, "Associations": associated}]
    targets = [
        parse(text)
        for text in (
            *(WEB, "https://api.stripe.com", "tcp://smtp.example.org:25", DATABASE, FINE),
            *("tcp://10.0.5.10:6379", "https://secretsmanager.eu-west-1.amazonaws.com"),
            "https://sqs.eu-west-1.amazonaws.com",
        )
    ]
    words = ("ok", "ok", "dropped", "dropped", "ok", "dropped", "ok", "ok")
    seen = [
        Observation(target, word, "", f"198.51.100.{number}" if number not in (3, 4, 5) else "")
        for number, (target, word) in enumerate(zip(targets, words, strict=True))
    ]
    return analyse(Facts("eu-west-1", sections, {}), targets, seen)


def many_causes() -> Report:
    """Eight targets from three subnets that break at four hops, each for another reason."""
    report = eight()
    facts = report.analysis.facts
    sections = dict(facts.sections)
    closed = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [_ALL]}]
    sections["SecurityGroups"] = [
        {**row, "IpPermissionsEgress": closed} if row["GroupId"] == "sg-fn" else row
        for row in sections["SecurityGroups"]
    ]
    sections["NatGateways"] = [{**sections["NatGateways"][0], "State": "failed"}]
    targets = [each.target for each in report.analysis.destinations]
    return analyse(Facts("eu-west-1", sections, {}), targets, report.observations)


def crowded() -> Report:
    """The longest code, and a host as long as Amazon makes them."""
    host = "shop-production.cluster-c9qkzexample1.ap-southeast-2.rds.amazonaws.com"
    target = parse(f"tcp://{host}:5432", address="192.168.7.7")
    return analyse(Facts("eu-west-1", changed({})), [target])


def hostile() -> Report:
    """Names that try to be markup."""
    sections = changed({"Function": {"FunctionName": HOSTILE}})
    target = Target("tcp", HOSTILE, 1, about=HOSTILE)
    seen = [Observation(target, "failed", HOSTILE)]
    return analyse(Facts(HOSTILE, sections, {}), [target], seen)


_ALL = {"CidrIp": "0.0.0.0/0"}
_LOCAL = {"GatewayId": "local", "State": "active"}
