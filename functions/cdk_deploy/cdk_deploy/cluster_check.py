"""Refuse a template with which CloudFormation changes all instances of a cluster at once.

CloudFormation changes resources in parallel unless one depends on the other. If no instance of a
cluster depends on another one, a change of their class is an outage: there is no instance left to
fail over to. Source: "DependsOn attribute", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_deploy.errors import UnsafeTemplate

_INSTANCES = ("AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance", "AWS::RDS::DBInstance")
_CLUSTER = "DBClusterIdentifier"
_CLUSTERS = ("AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster", "AWS::RDS::DBCluster")
_SUB_NAME = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}")
_MAX_NAMED = 5


def check(template: Mapping[str, Any]) -> None:
    """Raise UnsafeTemplate if a cluster has several instances, none of which depends on another."""
    resources: Mapping[str, Any] = template.get("Resources", {})
    aliases = _aliases(resources)
    clusters: dict[str, list[str]] = {}
    for name, resource in resources.items():
        cluster = resource.get("Properties", {}).get(_CLUSTER)
        if resource.get("Type") in _INSTANCES and cluster is not None:
            written = _normalise(cluster)
            clusters.setdefault(aliases.get(written, written), []).append(name)
    for cluster, members in clusters.items():
        ordered = any(set(members) & _dependencies(resources, name) - {name} for name in members)
        if len(members) > 1 and not ordered:
            named = ", ".join(members[:_MAX_NAMED]) + (", …" if len(members) > _MAX_NAMED else "")
            raise UnsafeTemplate(
                f"CloudFormation would change {named} of the cluster {_describe(cluster)} at once, "
                "which is an outage",
                "let each depend on the one before (DependsOn, addDependency), or set "
                "CDK_INSTANCE_ORDER to ignore",
            )


def _aliases(resources: Mapping[str, Any]) -> Mapping[str, str]:
    """Return references to the template's clusters, by the identifiers that it gives to them."""
    return {
        _normalise(resource["Properties"][_CLUSTER]): _normalise({"Ref": name})
        for name, resource in resources.items()
        if resource.get("Type") in _CLUSTERS and _CLUSTER in resource.get("Properties", {})
    }


def _normalise(identifier: Any) -> str:
    """Return an identifier as text, equal for a Ref however it is written."""
    if isinstance(identifier, str):
        return json.dumps(identifier.lower())  # CloudFormation does not mind the case
    text = identifier.get("Fn::Sub") if isinstance(identifier, dict) else None
    found = _SUB_NAME.fullmatch(text) if isinstance(text, str) else None
    return json.dumps({"Ref": found[1]} if found else identifier, sort_keys=True)


def _dependencies(resources: Mapping[str, Any], name: str) -> set[str]:
    """Return the resources that a resource depends on, directly or not."""
    found: set[str] = set()
    left = [name]
    while left:
        for other in _direct(resources.get(left.pop(), {})):
            if other in resources and other not in found:
                found.add(other)
                left.append(other)
    return found


def _direct(resource: Mapping[str, Any]) -> Iterator[str]:
    depends = resource.get("DependsOn", [])
    yield from [depends] if isinstance(depends, str) else depends
    yield from _references(resource.get("Properties", {}))


def _references(value: Any) -> Iterator[str]:
    """Yield the names in Ref, Fn::GetAtt and Fn::Sub."""
    if isinstance(value, list):
        for member in value:
            yield from _references(member)
    if not isinstance(value, dict):
        return
    for key, member in value.items():
        if key == "Ref" and isinstance(member, str):
            yield member
        elif key == "Fn::GetAtt":
            yield member.partition(".")[0] if isinstance(member, str) else str(member[0])
        elif key == "Fn::Sub":
            text = member if isinstance(member, str) else str(member[0])
            yield from _SUB_NAME.findall(text)
            yield from _references(member)
        else:
            yield from _references(member)


def _describe(cluster: str) -> str:
    value = json.loads(cluster)
    return str(value.get("Ref", cluster)) if isinstance(value, dict) else str(value)
