"""The CDK app: a DocumentDB cluster and an ECS service whose sizes are context values.

`cdk deploy nightly --context=desired_count=4 --context=db_instances=3` sets them; sizes that are
not given are those of the day, the defaults of Sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, RemovalPolicy, Stack
from aws_cdk import aws_docdb as docdb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

MAX_INSTANCES = 16  # of a DocumentDB cluster: one writer and 15 replicas
MAX_TASKS = 1000  # the example's own bound, against typing errors
IMAGE = "public.ecr.aws/docker/library/busybox:stable"


@dataclass(frozen=True)
class Sizes:
    """What the context decides."""

    desired_count: int = 1
    db_class: str = "db.t4g.medium"
    db_instances: int = 1


def read_sizes(context: Callable[[str], Any]) -> Sizes:
    """Read the sizes from the context, where every value of the command line is text.

    Raises ValueError for a value that is not a number, or out of range.
    """
    day = Sizes()
    return Sizes(
        desired_count=_number(context, "desired_count", day.desired_count, 0, MAX_TASKS),
        db_class=str(context("db_class") or day.db_class),
        db_instances=_number(context, "db_instances", day.db_instances, 1, MAX_INSTANCES),
    )


def _number(context: Callable[[str], Any], key: str, default: int, low: int, high: int) -> int:
    value = context(key)
    if value is None:
        return default
    try:
        number = int(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ValueError(f"the context value {key} is {value!r}; it takes {low} to {high}")
    return number


def nightly(app: App, sizes: Sizes) -> Stack:
    """Create the stack with the database and the service of a nightly batch."""
    # The CLI checks the bootstrap stack's version itself; the rule is for other tools.
    synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
    stack = Stack(app, "nightly", synthesizer=synthesizer)
    public = ec2.SubnetConfiguration(name="public", subnet_type=ec2.SubnetType.PUBLIC)
    inner = ec2.SubnetConfiguration(name="db", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public, inner])
    CfnOutput(stack, "DatabaseCluster", value=database(stack, vpc, sizes).ref)
    CfnOutput(stack, "ServiceName", value=service(stack, vpc, sizes).attr_name)
    CfnOutput(stack, "DesiredCount", value=str(sizes.desired_count))
    return stack


def database(stack: Stack, vpc: ec2.Vpc, sizes: Sizes) -> docdb.CfnDBCluster:
    """Create a cluster of `db_instances` instances of one class."""
    subnets = docdb.CfnDBSubnetGroup(
        stack,
        "DatabaseSubnets",
        db_subnet_group_description="the subnets of the nightly database",
        subnet_ids=[subnet.subnet_id for subnet in vpc.isolated_subnets],
    )
    cluster = docdb.CfnDBCluster(
        stack,
        "Database",
        db_subnet_group_name=subnets.ref,
        manage_master_user_password=True,
        master_username="batch",
        storage_encrypted=True,
    )
    cluster.apply_removal_policy(RemovalPolicy.SNAPSHOT)
    previous: docdb.CfnDBInstance | None = None
    for number in range(sizes.db_instances):
        instance = docdb.CfnDBInstance(
            stack,
            f"Database{number}",
            db_cluster_identifier=cluster.ref,
            db_instance_class=sizes.db_class,
        )
        # Otherwise CloudFormation changes all instances at once, which is an outage.
        if previous is not None:
            instance.add_resource_dependency(previous)
        previous = instance
    return cluster


def service(stack: Stack, vpc: ec2.Vpc, sizes: Sizes) -> ecs.CfnService:
    """Create a Fargate service of `desired_count` tasks."""
    worker = ecs.CfnTaskDefinition.ContainerDefinitionProperty(
        name="worker", image=IMAGE, command=["sleep", "infinity"]
    )
    task = ecs.CfnTaskDefinition(
        stack,
        "Task",
        cpu="256",
        memory="512",
        network_mode="awsvpc",
        requires_compatibilities=["FARGATE"],
        container_definitions=[worker],
    )
    group = ec2.SecurityGroup(stack, "ServiceGroup", vpc=vpc)
    network = ecs.CfnService.AwsVpcConfigurationProperty(
        subnets=[subnet.subnet_id for subnet in vpc.public_subnets],
        security_groups=[group.security_group_id],
        assign_public_ip="ENABLED",
    )
    return ecs.CfnService(
        stack,
        "Service",
        service_name="worker",
        cluster=ecs.CfnCluster(stack, "Cluster", cluster_name="nightly").ref,
        task_definition=task.ref,
        desired_count=sizes.desired_count,
        launch_type="FARGATE",
        network_configuration=ecs.CfnService.NetworkConfigurationProperty(
            awsvpc_configuration=network
        ),
    )


if __name__ == "__main__":
    app = App()
    nightly(app, read_sizes(app.node.try_get_context))
    app.synth()
