"""Configuration cases: describe answers as JSON, each a change to one configuration that works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vpc_check.facts import Attachment, Facts, Unknown
from vpc_check.network.paths import Analysis, make_analysis
from vpc_check.target import parse

CASES = Path(__file__).parent / "cases"
REGION = "eu-west-1"
_IDS = (
    *("VpcEndpointId", "VpcPeeringConnectionId", "RouteTableId", "NetworkAclId", "GroupId"),
    *("NatGatewayId", "InternetGatewayId", "NetworkInterfaceId", "PrefixListId"),
    *("DBInstanceIdentifier", "DBClusterIdentifier", "SubnetId", "VpcId", "DhcpOptionsId"),
)
BASE: dict[str, Any] = json.loads((CASES / "base.json").read_text())


@dataclass(frozen=True)
class CaseFile:
    """`says` is the case in a sentence; `expected` has (code, severity, component)."""

    name: str
    says: str
    analysis: Analysis
    expected: frozenset[tuple[str, str, str]]


def read(name: str) -> CaseFile:
    data = json.loads((CASES / f"{name}.json").read_text())
    sections = changed(data["change"])
    unknown = {section: Unknown(why) for section, why in data.get("unknown", {}).items()}
    facts = Facts(REGION, sections, unknown)
    function = Attachment.of(sections.get("Function", {}))
    targets = [parse(text) for text in data["targets"]]
    analysis = make_analysis(facts, function, targets, data.get("seen"))
    return CaseFile(name, data["says"], analysis, frozenset(map(tuple, data["expect"])))


def changed(change: Mapping[str, Any]) -> dict[str, Any]:
    """The base with a change: rows by their id, a list for more rows, None for what is absent."""
    sections = dict(BASE)
    for name, value in change.items():
        if value is None:
            del sections[name]
        elif isinstance(value, list):
            sections[name] = [*sections.get(name, []), *value]
        elif isinstance(sections.get(name), list):
            sections[name] = _rows(sections[name], value)
        else:
            sections[name] = _merged(sections.get(name, {}), value)
    return sections


def _rows(rows: list[dict[str, Any]], change: Mapping[str, Any]) -> list[dict[str, Any]]:
    kept = []
    left = dict(change)
    for row in rows:
        value = left.pop(_id(row), {})
        if value is not None:
            kept.append(_merged(row, value))
    assert not left, f"no such rows: {', '.join(left)}"
    return kept


def _id(row: Mapping[str, Any]) -> str:
    return str(next(row[key] for key in _IDS if key in row))


def _merged(old: Any, new: Any) -> Any:
    """RFC 7396, JSON merge patch, one object into another."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    merged = {key: value for key, value in old.items() if new.get(key, value) is not None}
    changes = {key: _merged(old.get(key), value) for key, value in new.items()}
    return {**merged, **{key: value for key, value in changes.items() if value is not None}}
