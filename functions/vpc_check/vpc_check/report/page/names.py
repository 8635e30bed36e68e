"""Names, zones and ranges of what a report calls by its id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vpc_check.facts import Facts, Row

_IDS = {
    "Vpcs": "VpcId",
    "Subnets": "SubnetId",
    "RouteTables": "RouteTableId",
    "NetworkAcls": "NetworkAclId",
    "SecurityGroups": "GroupId",
    "VpcEndpoints": "VpcEndpointId",
    "NatGateways": "NatGatewayId",
    "InternetGateways": "InternetGatewayId",
    "VpcPeeringConnections": "VpcPeeringConnectionId",
    "NetworkInterfaces": "NetworkInterfaceId",
    "TransitGatewayVpcAttachments": "TransitGatewayAttachmentId",
}


class Thing(NamedTuple):
    """An id with the name that people gave it, and a note: a subnet's zone and range."""

    id: str
    name: str = ""
    note: str = ""
    zone: str = ""

    @property
    def text(self) -> str:
        """Name and id."""
        return f"{self.name} {self.id}" if self.name else self.id


class Names:
    """Looks ids up in the facts."""

    def __init__(self, facts: Facts) -> None:
        self._rows: dict[str, Row] = {}
        for section, key in _IDS.items():
            self._rows.update({str(row[key]): row for row in facts.rows(section) if row.get(key)})

    def thing(self, name: str) -> Thing:
        """Return what an id stands for, or the text itself."""
        row = self._rows.get(name)
        if row is None:
            return Thing(name)
        tags = {each.get("Key"): each.get("Value") for each in row.get("Tags", [])}
        given = str(tags.get("Name") or row.get("GroupName") or "")
        zone = str(row.get("AvailabilityZone", ""))
        return Thing(name, given if given != name else "", _note(row), zone)

    def things(self, kind: str, label: str) -> Iterator[Thing]:
        """Return what the label of a hop names: several groups are written with commas."""
        for name in label.split(", ") if kind == "groups" else [label]:
            yield self.thing(name)


def _note(row: Row) -> str:
    zone, cidr = row.get("AvailabilityZone"), row.get("CidrBlock")
    if row.get("ServiceName"):
        return str(row["ServiceName"])
    return ", ".join(str(each) for each in (zone, cidr) if each)
