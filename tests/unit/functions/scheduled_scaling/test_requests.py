"""The requests that are sent: what moto ignores, and only real AWS would notice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.session import get_session

from scheduled_scaling.errors import LeaseHeld, StaleEvent, Superseded
from scheduled_scaling.kinds import (
    KINDS,
    auto_scaling_group,
    docdb_cluster,
    docdb_elastic,
    docdb_instances,
    docdb_serverless,
    ecs_service,
    scalable_target,
)
from scheduled_scaling.lease import TableLease
from scheduled_scaling.model import Reading, Target

NOW = 1_795_500_000.0
CLUSTER = {"cluster": "orders"}
SERVICE = {"cluster": "batch", "service": "workers"}
GROUP = {"group": "crunchers"}
BOUNDS = {"namespace": "ecs", "resource": "service/batch/workers", "dimension": "d"}


def target(kind: str, address: dict[str, str]) -> Target:
    return Target("t", kind, address, {})


def sent(module: Any, kind: str, address: dict[str, str], actual: Any, desired: Any) -> Any:
    plan = module.plan(target(kind, address), actual, desired)
    return [(action.call, action.arguments) for action in plan.actions]


def instances(*sizes: str, pending: str = "") -> dict[str, Any]:
    members = [
        {
            "id": f"orders-{number}",
            "class": size,
            "tier": 1,
            "status": "available",
            "writer": number == 1,
            **({"pending": pending} if pending else {}),
        }
        for number, size in enumerate(sizes, 1)
    ]
    return {"status": "available", "engine": "docdb", "instances": members}


SMALL, BIG = "db.r6g.large", "db.r6g.2xlarge"


def test_a_reader_is_created_with_the_tag_that_lets_it_be_deleted_again() -> None:
    desired = {"readers": 1, "class": BIG, "tiers": {"*": 3}}
    ((_, arguments), *_) = sent(
        docdb_instances, "docdb-instances", CLUSTER, instances(SMALL), desired
    )
    assert arguments == {
        "DBInstanceIdentifier": "orders-scaled-1",
        "DBInstanceClass": BIG,
        "Engine": "docdb",
        "DBClusterIdentifier": "orders",
        "PromotionTier": 3,
        "Tags": [{"Key": "surefoot:scaling", "Value": "reader"}],
    }


def test_every_modification_of_an_instance_is_immediate() -> None:
    actual = instances(SMALL, SMALL)
    calls = sent(docdb_instances, "docdb-instances", CLUSTER, actual, {"class": BIG})
    assert calls == [
        (
            "modify_db_instance",
            {"DBInstanceIdentifier": "orders-2", "DBInstanceClass": BIG, "ApplyImmediately": True},
        ),
        (
            "failover_db_cluster",
            {"DBClusterIdentifier": "orders", "TargetDBInstanceIdentifier": "orders-2"},
        ),
        (
            "modify_db_instance",
            {"DBInstanceIdentifier": "orders-1", "DBInstanceClass": BIG, "ApplyImmediately": True},
        ),
    ]


def test_a_pending_class_is_applied_or_taken_back() -> None:
    desired = {"class": BIG}
    actual = instances(SMALL, pending=BIG)
    (call,) = sent(docdb_instances, "docdb-instances", CLUSTER, actual, desired)
    assert call[1]["DBInstanceClass"] == BIG
    actual = instances(SMALL, pending="db.r6g.8xlarge")
    (call,) = sent(docdb_instances, "docdb-instances", CLUSTER, actual, {"class": SMALL})
    assert call[1] == {
        "DBInstanceIdentifier": "orders-1",
        "DBInstanceClass": SMALL,
        "ApplyImmediately": True,
    }


OTHERS: Mapping[str, Any] = {
    "serverless": (
        (docdb_serverless, "docdb-serverless", CLUSTER),
        {"min": 1.0, "max": 4.0, "status": "available"},
        {"min": 2, "max": 32.5},
        (
            "modify_db_cluster",
            {
                "DBClusterIdentifier": "orders",
                "ServerlessV2ScalingConfiguration": {"MinCapacity": 2, "MaxCapacity": 32.5},
                "ApplyImmediately": True,
            },
        ),
    ),
    "elastic": (
        (docdb_elastic, "docdb-elastic", {"name": "e"}),
        {"shards": 1, "capacity": 2, "instances": 1, "status": "ACTIVE", "arn": "a"},
        {"shards": 2, "instances": 3},
        ("update_cluster", {"clusterArn": "a", "shardCount": 2, "shardInstanceCount": 3}),
    ),
    "elastic stops": (
        (docdb_elastic, "docdb-elastic", {"name": "e"}),
        {"shards": 1, "capacity": 2, "instances": 1, "status": "ACTIVE", "arn": "a"},
        {"shards": 1, "running": False},
        ("stop_cluster", {"clusterArn": "a"}),
    ),
    "elastic starts": (
        (docdb_elastic, "docdb-elastic", {"name": "e"}),
        {"shards": 1, "capacity": 2, "instances": 1, "status": "STOPPED", "arn": "a"},
        {"shards": 2, "running": True},
        ("start_cluster", {"clusterArn": "a"}),
    ),
    "start": (
        (docdb_cluster, "docdb-cluster", CLUSTER),
        {"running": False, "status": "stopped", "instances": {"orders-1": "stopped"}},
        {"running": True},
        ("start_db_cluster", {"DBClusterIdentifier": "orders"}),
    ),
    "stop": (
        (docdb_cluster, "docdb-cluster", CLUSTER),
        {"running": True, "status": "available", "instances": {"orders-1": "available"}},
        {"running": False},
        ("stop_db_cluster", {"DBClusterIdentifier": "orders"}),
    ),
    "group": (
        (auto_scaling_group, "auto-scaling-group", GROUP),
        {"min": 1, "desired": 1, "max": 3, "in_service": 1, "status": "", "suspended": []},
        {"desired": 5},
        (
            "update_auto_scaling_group",
            {"AutoScalingGroupName": "crunchers", "DesiredCapacity": 5, "MaxSize": 5},
        ),
    ),
    "suspended": (
        (scalable_target, "scalable-target", BOUNDS),
        {"min": 1, "max": 4, "suspended": False},
        {"suspended": True},
        (
            "register_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/batch/workers",
                "ScalableDimension": "d",
                "SuspendedState": {
                    "DynamicScalingInSuspended": True,
                    "DynamicScalingOutSuspended": True,
                    "ScheduledScalingSuspended": True,
                },
            },
        ),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_one_request_with_each_argument(name: str) -> None:
    where, actual, desired, request = OTHERS[name]
    module, kind, address = where
    assert sent(module, kind, address, actual, desired) == [request]


@pytest.mark.parametrize(
    ("status", "running", "waiting"),
    [
        ("STARTING", True, "the cluster is STARTING"),
        ("STOPPING", False, "the cluster is STOPPING"),
        ("STOPPED", False, ""),
        ("ACTIVE", True, ""),
    ],
)
def test_an_elastic_cluster_on_its_way_is_waited_for(
    status: str, running: bool, waiting: str
) -> None:
    actual = {"shards": 1, "capacity": 2, "instances": 1, "status": status, "arn": "a"}
    found = docdb_elastic.plan(target("docdb-elastic", {"name": "e"}), actual, {"running": running})
    assert (found.actions, found.waiting) == ((), waiting)


def test_a_service_s_bounds_and_count_are_two_requests() -> None:
    actual = {"desired": 2, "running": 2, "status": "ACTIVE", "strategy": "REPLICA"}
    actual |= {"min": 1, "max": 4}
    assert sent(ecs_service, "ecs-service", SERVICE, actual, {"desired": 9}) == [
        (
            "register_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/batch/workers",
                "ScalableDimension": "ecs:service:DesiredCount",
                "MinCapacity": 1,
                "MaxCapacity": 9,
            },
        ),
        ("update_service", {"cluster": "batch", "service": "workers", "desiredCount": 9}),
    ]


READING = Reading({}, "arn", {})


@pytest.mark.parametrize(
    ("kind", "tagged", "untagged"),
    [
        (
            "ecs-service",
            {"resourceArn": "arn", "tags": [{"key": "k", "value": "v"}]},
            {"resourceArn": "arn", "tagKeys": ["k"]},
        ),
        (
            "docdb-instances",
            {"ResourceName": "arn", "Tags": [{"Key": "k", "Value": "v"}]},
            {"ResourceName": "arn", "TagKeys": ["k"]},
        ),
        (
            "docdb-elastic",
            {"resourceArn": "arn", "tags": {"k": "v"}},
            {"resourceArn": "arn", "tagKeys": ["k"]},
        ),
        (
            "auto-scaling-group",
            {
                "Tags": [
                    {
                        "ResourceId": "arn",
                        "ResourceType": "auto-scaling-group",
                        "Key": "k",
                        "Value": "v",
                        "PropagateAtLaunch": False,
                    }
                ]
            },
            {"Tags": [{"ResourceId": "arn", "ResourceType": "auto-scaling-group", "Key": "k"}]},
        ),
    ],
)
def test_tags_are_set_and_removed(kind: str, tagged: Any, untagged: Any) -> None:
    tagging = KINDS[kind].tagging
    assert tagging is not None
    assert tagging.tag(READING, {"k": "v"}).arguments == tagged
    assert tagging.untag(READING, ["k"]).arguments == untagged


class Table:
    """DynamoDB that keeps what it is sent; `refuses` lets conditions fail."""

    def __init__(self) -> None:
        session = get_session()
        session.set_credentials("key", "secret")
        client = session.create_client("dynamodb", region_name="eu-west-1")
        self.exceptions: Any = client.exceptions
        self.items: dict[str, Any] = {}
        self.answer: dict[str, Any] = {}
        self.refuses = False
        self.updates: list[dict[str, Any]] = []
        self.puts: list[dict[str, Any]] = []

    def get_item(self, **arguments: Any) -> Any:
        assert arguments["ConsistentRead"] is True
        item = self.items.get(arguments["Key"]["pk"]["S"])
        return {"Item": item} if item else {}

    def put_item(self, **arguments: Any) -> None:
        self.puts.append(arguments)

    def update_item(self, **arguments: Any) -> Any:
        self.updates.append(arguments)
        if self.refuses:
            error = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "no"}}
            raise self.exceptions.ConditionalCheckFailedException(error, "UpdateItem")
        return {"Attributes": self.answer}

    @property
    def last(self) -> tuple[str, str, dict[str, str], dict[str, str]]:
        """Condition, change, names and values of the last update."""
        last = self.updates[-1]
        assert (last["TableName"], last["ReturnValues"]) == ("table", "ALL_NEW")
        values = {
            name: next(iter(value.values()))
            for name, value in last["ExpressionAttributeValues"].items()
        }
        condition, change = last["ConditionExpression"], last["UpdateExpression"]
        return condition, change, last["ExpressionAttributeNames"], values


@pytest.fixture(scope="module")
def client() -> Table:
    return Table()


@pytest.fixture
def table(client: Table) -> Table:
    client.items, client.answer, client.refuses = {}, {}, False
    client.updates, client.puts = [], []
    return client


def lease(table: Table, *, scenario: str = "night", now: list[float] | None = None) -> TableLease:
    time = now or [NOW]
    return TableLease(
        table,
        "table",
        "night",
        owner="me",
        key="k",
        at=NOW - 60,
        clock=lambda: time[0],
        scenario=scenario,
    )


def stamp(seconds: float) -> str:
    return f"{NOW + seconds:.3f}"


def test_a_lease_is_taken_if_it_is_free_and_nothing_newer_ran(table: Table) -> None:
    taken = lease(table)
    assert taken.acquire(300)
    assert taken.place == "table table, with known events"
    condition, change, names, values = table.last
    assert condition == (
        "(attribute_not_exists(pk) OR #until <= :now OR #owner = :owner) AND "
        "(attribute_not_exists(#at) OR #at <= :at OR #at > :ahead)"
    )
    assert change == "SET #owner = :owner, #until = :until, #at = :at, #scenario = :scenario"
    assert names == {name: name[1:] for name in ("#owner", "#until", "#at", "#scenario")}
    # Five seconds, because clocks of two machines differ.
    assert values == {
        ":owner": "me",
        ":scenario": "night",
        ":until": stamp(305),
        ":now": stamp(0),
        ":at": stamp(-60),
        ":ahead": stamp(5),
    }
    assert table.updates[-1]["Key"] == {"pk": {"S": "lease#night"}}


def test_a_lease_that_others_share_has_times_of_its_own(table: Table) -> None:
    assert lease(table, scenario="reports").acquire(300)
    assert table.last[2]["#at"] == "at:reports"
    table.refuses = True
    with pytest.raises(LeaseHeld):
        lease(table, scenario="reports").acquire(300)
    assert table.last[1:3] == ("SET #heir = :at", {"#heir": "heir:reports"})


def test_a_lease_is_renewed_after_five_seconds_at_the_earliest(table: Table) -> None:
    now = [NOW]
    held = lease(table, now=now)
    held.acquire(300)
    now[0] += 4.9
    held.renew(300)
    assert len(table.updates) == 1
    now[0] += 0.2
    held.renew(300)
    condition, change, _, values = table.last
    assert (condition, change) == ("#owner = :owner", "SET #until = :until")
    assert values[":until"] == stamp(5.1 + 305)


@pytest.mark.parametrize(("heir", "gives_way"), [(-61, False), (-59, True), (5, True), (6, False)])
def test_a_newer_event_ends_the_lease_unless_it_is_dated_ahead(
    table: Table, heir: float, gives_way: bool
) -> None:
    table.answer = {"heir": {"N": stamp(heir)}}
    held = lease(table)
    if not gives_way:
        held.renew(300)
        return
    with pytest.raises(Superseded, match="a newer event takes over"):
        held.renew(300)
    assert table.last[3][":until"] == stamp(0)  # it may be taken at once


def test_a_lease_that_was_lost_says_to_whom(table: Table) -> None:
    table.refuses = True
    with pytest.raises(Superseded, match="another invocation has taken over"):
        lease(table).renew(300)
    table.items["lease#night"] = {"scenario": {"S": "reports"}}
    with pytest.raises(LeaseHeld, match="an event of reports has it now"):
        lease(table).transfer()


@pytest.mark.parametrize(("at", "stale"), [(-60, False), (-59, True), (5, True), (6, False)])
def test_an_event_is_old_if_a_newer_one_ran(table: Table, at: float, stale: bool) -> None:
    table.refuses = True
    table.items["lease#night"] = {"at": {"N": stamp(at)}, "until": {"N": stamp(40)}}
    words = "a newer event has run since" if stale else "for at most 40 s more"
    with pytest.raises(StaleEvent if stale else LeaseHeld, match=words):
        lease(table).acquire(300)


def test_a_lease_that_has_ended_meanwhile_is_held_no_longer(table: Table) -> None:
    table.refuses = True
    table.items["lease#night"] = {"at": {"N": stamp(-61)}, "until": {"N": stamp(-9)}}
    with pytest.raises(LeaseHeld, match="for at most 0 s more"):
        lease(table).acquire(300)


def test_the_next_invocation_has_two_minutes_to_begin(table: Table) -> None:
    token = lease(table).transfer()
    _, change, _, values = table.last
    assert change == "SET #owner = :next, #until = :until"
    assert (values[":next"], values[":until"]) == (token, stamp(125))
    assert len(token) == 32


@pytest.mark.parametrize("done", [True, False])
def test_what_is_done_is_known_for_seven_days(table: Table, done: bool) -> None:
    lease(table).release(done)
    expected = {"pk": {"S": "done#k"}, "expires": {"N": str(int(NOW + 7 * 86_400))}}
    assert table.puts == [{"TableName": "table", "Item": expected}] * done
    assert table.last[3] == {":owner": "me", ":until": stamp(0)}


def test_a_known_event_is_not_worked_on(table: Table) -> None:
    table.items["done#k"] = {"pk": {"S": "done#k"}}
    assert not lease(table).acquire(300)
    assert table.updates == []
