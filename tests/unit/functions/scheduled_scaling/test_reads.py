"""What the kinds ask AWS, and the states that they make of its answers."""

from __future__ import annotations

from typing import Any

import pytest

from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import (
    auto_scaling_group,
    docdb_cluster,
    docdb_elastic,
    docdb_instances,
    docdb_serverless,
    ecs_service,
    scalable_target,
)
from scheduled_scaling.model import Reading, Target
from scheduled_scaling.references import AwsLookup
from tests.unit.functions.fake_aws import Aws


def target(kind: str, number: int = 0, /, **address: str) -> Target:
    return Target(f"t{number}", kind, address, {})


def read(module: Any, aws: Aws, *targets: Target) -> dict[str, Reading]:
    found: Any = module.read(aws, targets)
    assert all(isinstance(each, Reading) for each in found.values()), found
    return dict(found)


def problem(module: Any, aws: Aws, *targets: Target) -> str:
    found: Any = module.read(aws, targets)[targets[0].name]
    assert isinstance(found, TargetError)
    return str(found)


def service(name: str, **more: Any) -> dict[str, Any]:
    return {
        "serviceName": name,
        "serviceArn": f"arn:{name}",
        "status": "ACTIVE",
        "desiredCount": 4,
        "runningCount": 3,
        **more,
    }


def ecs(*services: Any, bounds: Any = ()) -> Aws:
    return Aws(
        ecs={"describe_services": {"services": list(services)}},
        application_autoscaling={
            "describe_scalable_targets": [{"ScalableTargets": list(bounds)}],
        },
    )


SERVICE = {"cluster": "batch", "service": "a"}


def test_services_are_described_ten_at_once_with_their_tags() -> None:
    names = [f"s{number}" for number in range(21)]
    aws = ecs(*map(service, names))
    targets = [
        target("ecs-service", number, cluster="batch", service=name)
        for number, name in enumerate(names)
    ]
    assert len(read(ecs_service, aws, *targets)) == 21
    asked = aws.client("ecs").arguments("describe_services")
    assert [len(each["services"]) for each in asked] == [10, 10, 1]
    assert [name for each in asked for name in each["services"]] == names
    assert {each["cluster"] for each in asked} == {"batch"}
    assert [each["include"] for each in asked] == [["TAGS"]] * 3


def test_a_service_is_read_with_its_autoscaler_and_tags() -> None:
    bound = {
        "ResourceId": "service/batch/a",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 9,
    }
    aws = ecs(service("a", tags=[{"key": "k", "value": "v"}]), bounds=[bound])
    reading = read(ecs_service, aws, target("ecs-service", **SERVICE))["t0"]
    assert reading == Reading(
        {
            "desired": 4,
            "running": 3,
            "status": "ACTIVE",
            "strategy": "REPLICA",
            "min": 1,
            "max": 9,
        },
        "arn:a",
        {"k": "v"},
    )
    assert aws.client("application-autoscaling").calls[0][1] == {
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "ResourceIds": ["service/batch/a"],
    }


@pytest.mark.parametrize(
    ("deployments", "rollout"),
    [
        ([], {}),
        ([{"status": "PRIMARY", "rolloutState": "COMPLETED"}], {}),
        ([{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}], {}),
        (
            [
                {"status": "ACTIVE", "rolloutState": "FAILED"},
                {"status": "PRIMARY", "rolloutState": "IN_PROGRESS", "runningCount": 2},
            ],
            {"rollout": "IN_PROGRESS", "new": 2},
        ),
        (
            [{"status": "PRIMARY", "rolloutState": "IN_PROGRESS"}, {"status": "ACTIVE"}],
            {"rollout": "IN_PROGRESS", "new": 0},
        ),
        (
            [{"status": "PRIMARY", "rolloutState": "FAILED", "rolloutStateReason": "no"}],
            {"rollout": "FAILED", "reason": "no"},
        ),
    ],
)
def test_the_newest_deployment_counts(deployments: Any, rollout: dict[str, Any]) -> None:
    aws = ecs(service("a", deployments=deployments, schedulingStrategy="DAEMON"))
    state = read(ecs_service, aws, target("ecs-service", **SERVICE))["t0"].state
    assert {name: state[name] for name in ("rollout", "new", "reason") if name in state} == rollout
    assert (state["strategy"], state["min"], state["max"]) == ("DAEMON", None, None)


@pytest.mark.parametrize("services", [[], [service("a", status="INACTIVE")]])
def test_a_service_that_is_gone_is_a_problem(services: Any) -> None:
    found = problem(ecs_service, ecs(*services), target("ecs-service", **SERVICE))
    assert "there is no service a in the cluster batch" in found


def instance(state: str = "InService", health: str = "Healthy", **more: Any) -> dict[str, Any]:
    return {"LifecycleState": state, "HealthStatus": health, **more}


@pytest.mark.parametrize(
    ("instances", "in_service", "heaviest"),
    [
        ([], 0, 1),
        ([instance(), instance("Pending"), instance(health="Unhealthy")], 1, 1),
        ([instance("Standby"), instance("Terminating:Wait"), instance("Warmed:Stopped")], 0, 1),
        ([instance(WeightedCapacity="4"), instance(WeightedCapacity="16")], 20, 16),
    ],
)
def test_a_group_counts_what_is_in_service(instances: Any, in_service: int, heaviest: int) -> None:
    group = {
        "AutoScalingGroupName": "g",
        "MinSize": 1,
        "DesiredCapacity": 2,
        "MaxSize": 3,
        "Instances": instances,
        "SuspendedProcesses": [{"ProcessName": "Terminate"}, {"ProcessName": "Launch"}],
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    aws = Aws(autoscaling={"describe_auto_scaling_groups": {"AutoScalingGroups": [group]}})
    reading = read(auto_scaling_group, aws, target("auto-scaling-group", group="g"))["t0"]
    assert reading == Reading(
        {
            "min": 1,
            "desired": 2,
            "max": 3,
            "in_service": in_service,
            "heaviest": heaviest,
            "status": "",
            "suspended": ["Launch", "Terminate"],
        },
        "g",
        {"k": "v"},
    )
    assert aws.client("autoscaling").calls == [
        ("describe_auto_scaling_groups", {"AutoScalingGroupNames": ["g"], "MaxRecords": 100})
    ]


def test_a_group_that_is_gone_is_a_problem() -> None:
    aws = Aws(autoscaling={"describe_auto_scaling_groups": {"AutoScalingGroups": []}})
    found = problem(auto_scaling_group, aws, target("auto-scaling-group", group="g"))
    assert "there is no Auto Scaling group g" in found


@pytest.mark.parametrize(
    ("state", "suspended"),
    [
        ({}, False),
        ({"DynamicScalingInSuspended": False}, False),
        ({"DynamicScalingInSuspended": True}, True),
        ({"DynamicScalingOutSuspended": True}, True),
        ({"ScheduledScalingSuspended": True}, True),
    ],
)
def test_a_scalable_target_is_suspended_if_a_part_of_it_is(
    state: dict[str, bool], suspended: bool
) -> None:
    entry = {
        "ResourceId": "r",
        "ScalableDimension": "d",
        "MinCapacity": 1,
        "MaxCapacity": 2,
        "SuspendedState": state,
        "ScalableTargetARN": "arn:x",
    }
    pages = [{"ScalableTargets": []}, {"ScalableTargets": [entry]}]
    aws = Aws(application_autoscaling={"describe_scalable_targets": pages})
    address = {"namespace": "ecs", "resource": "r", "dimension": "d"}
    found = read(scalable_target, aws, target("scalable-target", **address))["t0"]
    assert found == Reading({"min": 1, "max": 2, "suspended": suspended}, "arn:x")
    assert aws.client("application-autoscaling").calls[0][1] == {
        "ServiceNamespace": "ecs",
        "ResourceIds": ["r"],
    }
    other = {**address, "dimension": "other"}
    assert "not registered" in problem(scalable_target, aws, target("scalable-target", **other))


def test_scalable_targets_are_described_fifty_at_once() -> None:
    aws = Aws(application_autoscaling={"describe_scalable_targets": [{"ScalableTargets": []}]})
    targets = [
        target("scalable-target", n, namespace="ecs", resource=f"r{n:03}", dimension="d")
        for n in range(101)
    ]
    scalable_target.read(aws, targets)  # type: ignore[arg-type]
    asked = aws.client("application-autoscaling").arguments("describe_scalable_targets")
    assert [len(each["ResourceIds"]) for each in asked] == [50, 50, 1]


CLUSTER = {
    "DBClusterIdentifier": "orders",
    "DBClusterArn": "arn:orders",
    "Engine": "docdb",
    "Status": "available",
    "DBClusterMembers": [
        {"DBInstanceIdentifier": "orders-2", "IsClusterWriter": False, "PromotionTier": 7},
        {"DBInstanceIdentifier": "orders-1", "IsClusterWriter": True},
        {"DBInstanceIdentifier": "gone", "IsClusterWriter": False},
        {"DBInstanceIdentifier": "orders-scaled-1", "IsClusterWriter": False},
    ],
}


def db(name: str, cluster: str = "orders", **more: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceArn": f"arn:{name}",
        "DBClusterIdentifier": cluster,
        "DBInstanceClass": "db.r6g.large",
        "DBInstanceStatus": "available",
        **more,
    }


def docdb(*instances: Any, tags: Any = (), **more: Any) -> Aws:
    return Aws(
        docdb={
            "describe_db_clusters": [{"DBClusters": []}, {"DBClusters": [{**CLUSTER, **more}]}],
            "describe_db_instances": [{"DBInstances": list(instances)}],
            "list_tags_for_resource": {"TagList": list(tags)},
        },
        offered=False,
    )


OURS = {"Key": "surefoot:scaling", "Value": "reader"}


@pytest.mark.parametrize(
    ("tags", "created"), [([OURS], True), ([], False), ([{**OURS, "Value": "x"}], False)]
)
def test_instances_are_read_with_what_is_pending_and_who_made_them(
    tags: Any, created: bool
) -> None:
    aws = docdb(
        db("orders-2", PendingModifiedValues={"DBInstanceClass": "db.r6g.xlarge"}),
        db("orders-1", PromotionTier=0, PendingModifiedValues=None),
        db("orders-scaled-1", DBInstanceStatus="creating"),
        tags=tags,
    )
    steps = {"out": {"class": "db.x", "fallback": ["db.y"], "classes": {"a": "db.r6g.large"}}}
    one = Target("t0", "docdb-instances", {"cluster": "orders"}, steps)
    reading = read(docdb_instances, aws, one)["t0"]
    common = {"class": "db.r6g.large", "status": "available"}
    assert reading.state["instances"] == [
        {"id": "orders-1", **common, "tier": 0, "writer": True},
        {"id": "orders-2", **common, "tier": 7, "writer": False, "pending": "db.r6g.xlarge"},
        {
            "id": "orders-scaled-1",
            **common,
            "status": "creating",
            "tier": 1,
            "writer": False,
            **({"created": True} if created else {}),
        },
    ]
    # A class that an instance has needs no question.
    assert (reading.state["not_offered"], sorted(aws.asked)) == (
        ["db.x", "db.y"],
        [("docdb", "db.x"), ("docdb", "db.y")],
    )
    tagged = aws.client("docdb").arguments("list_tags_for_resource")
    assert tagged == [{"ResourceName": "arn:orders-scaled-1"}]


def test_a_cluster_s_state_has_those_of_its_own_instances() -> None:
    aws = docdb(db("b", DBInstanceStatus="stopped"), db("a"), db("c", cluster="other"))
    found = read(docdb_cluster, aws, target("docdb-cluster", cluster="orders"))["t0"]
    instances = {"a": "available", "b": "stopped"}
    assert found.state == {"running": True, "status": "available", "instances": instances}
    filters = [{"Name": "db-cluster-id", "Values": ["orders"]}]
    assert aws.client("docdb").arguments("describe_db_clusters") == [{"Filters": filters}]
    assert aws.client("docdb").arguments("describe_db_instances") == [{"Filters": filters}]


@pytest.mark.parametrize(
    ("status", "running"),
    [("stopped", False), ("stopping", False), ("starting", True), ("modifying", True)],
)
def test_a_cluster_on_its_way_counts_as_what_it_will_be(status: str, running: bool) -> None:
    aws = docdb(Status=status)
    found = read(docdb_cluster, aws, target("docdb-cluster", cluster="orders"))["t0"]
    assert found.state["running"] is running


@pytest.mark.parametrize("module", [docdb_cluster, docdb_instances, docdb_serverless])
def test_a_cluster_that_is_gone_or_of_another_engine_is_a_problem(module: Any) -> None:
    kind = module.__name__.rpartition(".")[2].replace("_", "-")
    aws = docdb(Engine="aurora-mysql")
    found = problem(module, aws, target(kind, cluster="orders"))
    assert "orders runs aurora-mysql, not docdb" in found
    assert "there is no cluster lost" in problem(module, aws, target(kind, cluster="lost"))
    assert aws.client("docdb").arguments("describe_db_instances") == []


@pytest.mark.parametrize(
    ("more", "bounds"),
    [
        ({}, (None, None)),
        ({"ServerlessV2ScalingConfiguration": None}, (None, None)),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 1, "MaxCapacity": 4}}, (1, 4)),
    ],
)
def test_serverless_capacity_is_read(more: dict[str, Any], bounds: Any) -> None:
    aws = docdb(**more)
    state = read(docdb_serverless, aws, target("docdb-serverless", cluster="orders"))["t0"].state
    assert (state["min"], state["max"], state["status"]) == (*bounds, "available")


@pytest.mark.parametrize("name", ["orders", "0a1b"])
def test_an_elastic_cluster_is_found_by_its_name_or_the_id_in_its_arn(name: str) -> None:
    arn = "arn:aws:docdb-elastic:eu-west-1:1:cluster/0a1b"
    cluster = {"status": "STOPPING", "shardCount": 2, "shardCapacity": 4}
    aws = Aws(
        docdb_elastic={
            "list_clusters": [{"clusters": [{"clusterName": "orders", "clusterArn": arn}]}],
            "get_cluster": {"cluster": cluster},
        }
    )
    reading = read(docdb_elastic, aws, target("docdb-elastic", name=name))["t0"]
    assert reading == Reading(
        {
            "shards": 2,
            "capacity": 4,
            "instances": None,
            "status": "STOPPING",
            "arn": arn,
            "running": False,
        },
        arn,
    )
    assert aws.client("docdb-elastic").arguments("get_cluster") == [{"clusterArn": arn}]
    missing = problem(docdb_elastic, aws, target("docdb-elastic", name="x"))
    assert "there is no elastic cluster x" in missing


def test_each_stack_and_each_set_of_tags_is_looked_up_once() -> None:
    stacks = {"Stacks": [{"Outputs": [{"OutputKey": "a", "OutputValue": "1"}, {"OutputKey": "b"}]}]}
    pages = [
        {"ResourceTagMappingList": [{"ResourceARN": "arn:b"}]},
        {"ResourceTagMappingList": [{"ResourceARN": "arn:a"}]},
    ]
    group = {"AutoScalingGroupARN": "arn:g"}
    aws: Any = Aws(
        cloudformation={"describe_stacks": stacks},
        resourcegroupstaggingapi={"get_resources": pages},
        autoscaling={"describe_auto_scaling_groups": [{"AutoScalingGroups": [group]}]},
    )
    lookup = AwsLookup(aws)
    for _ in range(2):
        assert lookup.outputs("night") == {"a": "1", "b": ""}
        assert lookup.tagged("ecs:service", {"k": "v", "l": "w"}) == ["arn:a", "arn:b"]
        assert lookup.tagged("autoscaling:autoScalingGroup", {"k": "v"}) == ["arn:g"]
    assert aws.client("cloudformation").calls == [("describe_stacks", {"StackName": "night"})]
    filters = [{"Key": "k", "Values": ["v"]}, {"Key": "l", "Values": ["w"]}]
    asked = {"TagFilters": filters, "ResourceTypeFilters": ["ecs:service"]}
    assert aws.client("resourcegroupstaggingapi").calls == [("get_resources", asked)]
    asked = {"Filters": [{"Name": "tag:k", "Values": ["v"]}]}
    assert aws.client("autoscaling").calls == [("describe_auto_scaling_groups", asked)]
