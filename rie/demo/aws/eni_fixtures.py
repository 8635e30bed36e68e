"""A VPC, functions in it and interfaces as Lambda makes them, in moto."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import boto3
from moto.ec2.models import ec2_backends

from rie.demo.aws.moto_server import ACCOUNT, REGION

HYPERPLANE = "AWS Lambda VPC ENI-shop-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
OLD_STYLE = "AWS Lambda VPC ENI: 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
_TEMPLATE = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'


@dataclass(frozen=True)
class Vpc:
    id: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]


def vpc() -> Vpc:
    ec2 = boto3.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=made, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        for number in range(2)
    ]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=made)["GroupId"]
        for name in ("app", "database")
    ]
    return Vpc(made, tuple(subnets), tuple(groups))


def stack(
    status: str = "DELETE_IN_PROGRESS", functions: tuple[str, ...] = ("shop",), policy: str = ""
) -> str:
    """Make a stack of a status that owns functions, with a DeletionPolicy; its ARN."""
    from moto.cloudformation.models import cloudformation_backends

    client = boto3.client("cloudformation")
    stack_id = client.create_stack(StackName="shop", TemplateBody=_TEMPLATE)["StackId"]
    made = cloudformation_backends[ACCOUNT][REGION].stacks[stack_id]
    made.status = status
    # The functions exist already: a template would make them again.
    policies = {"DeletionPolicy": policy} if policy else {}
    resources = {name: {"Type": "AWS::Lambda::Function", **policies} for name in functions}
    made.template = json.dumps({"Resources": resources})
    made.resource_map._resource_json_map.update(resources)  # noqa: SLF001
    for name in functions:
        made.resource_map._parsed_resources[name] = SimpleNamespace(  # noqa: SLF001
            logical_resource_id=name,
            physical_resource_id=name,
            cf_resource_type="AWS::Lambda::Function",
        )
    return stack_id


def function(name: str, subnets: tuple[str, ...], groups: tuple[str, ...]) -> str:
    """Make a function in a VPC; its ARN."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    made = boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=_role(),
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
        VpcConfig={"SubnetIds": list(subnets), "SecurityGroupIds": list(groups)},
    )
    return made["FunctionArn"]


def interface(
    subnet: str, groups: tuple[str, ...], description: str = HYPERPLANE, *, in_use: bool = False
) -> str:
    """Make an interface as Lambda does; its id."""
    made = boto3.client("ec2").create_network_interface(
        SubnetId=subnet, Groups=list(groups), Description=description
    )
    eni = backend(made["NetworkInterface"]["NetworkInterfaceId"])
    if description.startswith("AWS Lambda VPC ENI: "):
        eni.requester_id = "AROAEXAMPLE:awslambda_0_20170315120000"
    else:
        eni.interface_type = "lambda"
    if in_use:
        hold(eni.id, "ela-attach-0a1b2c3d4e5f60718")
    return str(eni.id)


def hold(name: str, attachment: str) -> None:
    eni = backend(name)
    eni.status, eni.attachment_id = "in-use", attachment
    # What moto's Attachment reads of an instance; Lambda's is of another account.
    eni.instance = SimpleNamespace(id="", owner_id="amazon-aws", security_groups=[])


def release(name: str) -> None:
    eni = backend(name)
    eni.status, eni.attachment_id, eni.instance = "available", None, None


def backend(name: str) -> Any:
    return ec2_backends[ACCOUNT][REGION].enis[name]


def interfaces() -> set[str]:
    return set(ec2_backends[ACCOUNT][REGION].enis)


def _role() -> str:
    iam = boto3.client("iam")
    try:
        return iam.get_role(RoleName="lambda")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(RoleName="lambda", AssumeRolePolicyDocument="{}")
        return made["Role"]["Arn"]
