"""Targets that are found rather than typed: endpoints and databases of the VPC."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from vpc_check.facts import Facts, Row
from vpc_check.network.aws_names import own_names, short_name
from vpc_check.target import Target


def discover(facts: Facts, kinds: Collection[str]) -> list[Target]:
    """Return targets of kinds (endpoints, rds, docdb), each once, in the order of the facts.

    Endpoints are asked for TLS only: an unsigned request would be answered with an error of the
    service, which says nothing of the way there. DocumentDB differs from RDS by its engine, docdb;
    Neptune is left out of both.
    """
    found: list[Target] = []
    if "endpoints" in kinds:
        found += _endpoints(facts)
    found += _databases(facts, kinds)
    return list(dict.fromkeys(found))


def _endpoints(facts: Facts) -> Iterator[Target]:
    for row in facts.rows("VpcEndpoints"):
        about = f"VPC endpoint {row['VpcEndpointId']} of {row.get('ServiceName', '?')}"
        service = short_name(row)
        if row.get("VpcEndpointType") == "Gateway" and service:
            host = f"{service}.{facts.region}.amazonaws.com"
            yield Target("tls", host, 443, about=about)
        elif row.get("VpcEndpointType") == "Interface":
            names = [name for name in own_names(row) if not name.startswith("*")]
            if names:
                yield Target("tls", _best(row, names), 443, about=about)


def _best(row: Row, names: list[str]) -> str:
    """The private name where it works, else the endpoint's own."""
    ordinary = [name for name in names if not name.startswith("vpce-")]
    return ordinary[0] if ordinary and row.get("PrivateDnsEnabled") else names[0]


def _databases(facts: Facts, kinds: Collection[str]) -> Iterator[Target]:
    vpc = facts.vpc.get("VpcId")
    for row in facts.rows("DBInstances"):
        if (row.get("DBSubnetGroup") or {}).get("VpcId", vpc) != vpc:
            continue
        endpoint = row.get("Endpoint") or {}
        if _kind(row) in kinds and endpoint.get("Address"):
            about = f"{row['Engine']} instance {row['DBInstanceIdentifier']}"
            yield Target("tcp", str(endpoint["Address"]), int(endpoint["Port"]), about=about)
    for row in facts.rows("DBClusters"):
        ids = [each["VpcSecurityGroupId"] for each in row.get("VpcSecurityGroups", [])]
        here = bool(facts.groups(ids))  # clusters don't name their VPC; their groups are of it
        if here and _kind(row) in kinds and row.get("Endpoint") and row.get("Port"):
            about = f"{row['Engine']} cluster {row['DBClusterIdentifier']}"
            yield Target("tcp", str(row["Endpoint"]), int(row["Port"]), about=about)


def _kind(row: Row) -> str:
    engine = str(row.get("Engine", ""))
    return {"docdb": "docdb", "neptune": "neptune"}.get(engine, "rds")
