"""Databases by their host names: RDS, Aurora and DocumentDB, which share these describe calls."""

from __future__ import annotations

from vpc_check.facts import Facts, Row
from vpc_check.place import Place, in_subnets


def find_database(facts: Facts, host: str) -> tuple[str, tuple[Place, ...]] | None:
    """Return (what it is, its places) for a host: somewhere in the subnets of its subnet group."""
    for row in facts.rows("DBInstances"):
        if host == (row.get("Endpoint") or {}).get("Address"):
            subnets = _subnets(row, str(row.get("AvailabilityZone", "")))
            return f"DB instance {row['DBInstanceIdentifier']}", _database(facts, row, subnets)
    for row in facts.rows("DBClusters"):
        if host in (row.get("Endpoint"), row.get("ReaderEndpoint")):
            named = row.get("DBSubnetGroup")
            members = [
                each
                for each in facts.rows("DBInstances")
                if (each.get("DBSubnetGroup") or {}).get("DBSubnetGroupName") == named
            ]
            subnets = _subnets(members[0]) if members else []
            return f"DB cluster {row['DBClusterIdentifier']}", _database(facts, row, subnets)
    return None


def _database(facts: Facts, row: Row, subnets: list[str]) -> tuple[Place, ...]:
    groups = tuple(each["VpcSecurityGroupId"] for each in row.get("VpcSecurityGroups", []))
    return tuple(in_subnets(facts, subnets, groups))


def _subnets(row: Row, zone: str = "") -> list[str]:
    """The subnets of a DB subnet group: those of the zone that the instance is in, or all."""
    listed = (row.get("DBSubnetGroup") or {}).get("Subnets", [])
    of_zone = [
        each
        for each in listed
        if zone and (each.get("SubnetAvailabilityZone") or {}).get("Name") == zone
    ]
    return [str(each["SubnetIdentifier"]) for each in of_zone or listed]
