"""A template with which all instances of a cluster would change at once is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cdk_deploy import cluster_check
from cdk_deploy.errors import UnsafeTemplate


def instance(
    *depends: str, cluster: Any = None, kind: str = "AWS::DocDB::DBInstance", **more: Any
) -> Mapping[str, Any]:
    properties = {"DBClusterIdentifier": cluster or {"Ref": "Database"}, **more}
    return {"Type": kind, "Properties": properties, "DependsOn": list(depends)}


def template(**instances: Any) -> Mapping[str, Any]:
    return {"Resources": {"Database": {"Type": "AWS::DocDB::DBCluster"}, **instances}}


def chosen(**names: str) -> Any:
    return {"Fn::Sub": ["${a}-${b}", names]}


UNSAFE = {
    "names in another order": template(
        A=instance(cluster=chosen(a="x", b="y")), B=instance(cluster=chosen(b="y", a="x"))
    ),
    "two": template(A=instance(), B=instance()),
    "on the cluster only": template(A=instance("Database"), B=instance("Database")),
    "by name": template(A=instance(cluster="orders"), B=instance(cluster="orders")),
    "a reference and a substitution": template(
        A=instance(), B=instance(cluster={"Fn::Sub": "${Database}"})
    ),
    "a name in two cases": template(A=instance(cluster="Orders"), B=instance(cluster="orders")),
    "a reference and the name that it has": {
        "Resources": {
            "Database": {
                "Type": "AWS::DocDB::DBCluster",
                "Properties": {"DBClusterIdentifier": "orders"},
            },
            "A": instance(),
            "B": instance(cluster="Orders"),
        }
    },
    "a reference and the parameter that names it": {
        "Resources": {
            "Database": {
                "Type": "AWS::RDS::DBCluster",
                "Properties": {"DBClusterIdentifier": {"Ref": "Name"}},
            },
            "A": instance(),
            "B": instance(cluster={"Fn::Sub": "${Name}"}),
        }
    },
    "Aurora": template(
        A=instance(kind="AWS::RDS::DBInstance"), B=instance(kind="AWS::RDS::DBInstance")
    ),
    "one of two clusters": template(
        A=instance(), B=instance("A"), C=instance(cluster="x"), D=instance(cluster="x")
    ),
    "on an instance of another cluster": template(
        A=instance("C"), B=instance("C"), C=instance(cluster="x")
    ),
}
SAFE = {
    "no instance": template(),
    "one": template(A=instance()),
    "in a chain": template(A=instance(), B=instance("A"), C=instance("B")),
    "in a circle, which CloudFormation refuses": template(A=instance("B"), B=instance("A")),
    "on what is not there": template(A=instance("Lost"), B=instance("A", "Lost")),
    "as one text": template(A=instance(), B={**instance(), "DependsOn": "A"}),
    "by way of another resource": {
        "Resources": {
            "A": instance(),
            "Wait": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Ref": "A"}}},
            "B": instance("Wait"),
        }
    },
    "by an attribute": template(
        A=instance(), B=instance(Tags=[{"Value": {"Fn::GetAtt": ["A", "Endpoint"]}}])
    ),
    "by a substitution": template(
        A=instance(), B=instance(Tags=[{"Value": {"Fn::Sub": "${A.Endpoint}:1"}}])
    ),
    "of clusters with a prefix": template(
        A=instance(cluster={"Fn::Sub": "${Name}-a"}), B=instance(cluster={"Fn::Sub": "${Name}-b"})
    ),
    "of different clusters": template(A=instance(), B=instance(cluster="other")),
    "without a cluster": {
        "Resources": {
            name: {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres"}}
            for name in "AB"
        }
    },
}


@pytest.mark.parametrize("name", UNSAFE)
def test_unordered_instances_are_refused(name: str) -> None:
    with pytest.raises(UnsafeTemplate, match="at once, which is an outage; let each depend on"):
        cluster_check.check(UNSAFE[name])


@pytest.mark.parametrize("name", SAFE)
def test_ordered_instances_are_allowed(name: str) -> None:
    cluster_check.check(SAFE[name])


def test_the_instances_and_the_cluster_are_named() -> None:
    with pytest.raises(UnsafeTemplate, match="change A, B of the cluster Database at once"):
        cluster_check.check(UNSAFE["two"])


@pytest.mark.parametrize(("count", "named"), [(5, "A0, A1, A2, A3, A4 of"), (6, "A4, … of the")])
def test_many_instances_are_not_all_named(count: int, named: str) -> None:
    made = template(**{f"A{number}": instance() for number in range(count)})
    with pytest.raises(UnsafeTemplate, match=named):
        cluster_check.check(made)
