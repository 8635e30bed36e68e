"""Targets that are found in the VPC, and those of elsewhere that are left out."""

from __future__ import annotations

from typing import Any

from tests.unit.functions.vpc_check.casefile import REGION, changed
from vpc_check.facts import Facts
from vpc_check.network.discover import discover


def found(kinds: set[str], **change: Any) -> dict[str, str]:
    targets = discover(Facts(REGION, changed(change)), kinds)
    return {target.text: target.about for target in targets}


def instance(name: str, engine: str, vpc: str = "vpc-1") -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "Engine": engine,
        "Endpoint": {"Address": f"{name}.example", "Port": 5432},
        "DBSubnetGroup": {"VpcId": vpc},
    }


def cluster(name: str, engine: str, group: str) -> dict[str, Any]:
    return {
        "DBClusterIdentifier": name,
        "Engine": engine,
        "Endpoint": f"{name}.example",
        "Port": 27017,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": group}],
    }


DATABASES = {
    "DBInstances": [
        instance("shop", "postgres"),
        instance("far", "postgres", "vpc-2"),
        instance("member", "docdb"),
        instance("graph", "neptune"),
        {**instance("creating", "mysql"), "Endpoint": None},
    ],
    "DBClusters": [cluster("docs", "docdb", "sg-db"), cluster("far", "docdb", "sg-of-another")],
}


def test_databases_are_told_apart_by_engine_and_vpc() -> None:
    assert found({"rds"}, **DATABASES) == {"tcp://shop.example:5432": "postgres instance shop"}
    assert found({"docdb"}, **DATABASES) == {
        "tcp://member.example:5432": "docdb instance member",
        "tcp://docs.example:27017": "docdb cluster docs",
    }


def test_endpoints_are_called_by_the_name_that_leads_to_them() -> None:
    rows = [
        endpoint("vpce-1", "Gateway", "com.amazonaws.eu-west-1.s3"),
        endpoint("vpce-2", "Interface", "com.amazonaws.eu-west-1.sqs", private=True),
        endpoint("vpce-3", "Interface", "com.amazonaws.eu-west-1.sns", private=False),
        endpoint("vpce-4", "GatewayLoadBalancer", "com.amazonaws.vpce.eu-west-1.vpce-svc-1"),
    ]
    targets = found({"endpoints"}, VpcEndpoints=rows)
    assert list(targets) == [
        "tls://s3.eu-west-1.amazonaws.com",
        "tls://sqs.eu-west-1.amazonaws.com",
        "tls://vpce-3-x.sns.eu-west-1.vpce.amazonaws.com",
    ]
    assert targets["tls://sqs.eu-west-1.amazonaws.com"].startswith("VPC endpoint vpce-2 of ")


def endpoint(name: str, kind: str, service: str, *, private: bool = False) -> dict[str, Any]:
    short = service.rpartition(".")[2]
    names = [f"{name}-x.{short}.eu-west-1.vpce.amazonaws.com", f"{short}.eu-west-1.amazonaws.com"]
    return {
        "VpcEndpointId": name,
        "VpcEndpointType": kind,
        "ServiceName": service,
        "PrivateDnsEnabled": private,
        "DnsEntries": [{"DnsName": each} for each in names],
    }


def test_nothing_is_discovered_that_was_not_asked_for() -> None:
    assert found(set(), **DATABASES) == {}
