"""A VPC of real objects, made through boto3: what collect.py describes."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from rie.demo.aws.moto_server import ACCOUNT, REGION

FUNCTION = "orders"
ROLE = "orders-role"
INTERFACE_ACTIONS = (
    *("CreateNetworkInterface", "DescribeNetworkInterfaces", "DeleteNetworkInterface"),
    *("DescribeSubnets", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"),
)


@dataclass(frozen=True)
class Cloud:
    """The ids of what was made; `database` is an interface with the address 10.0.5.10."""

    vpc: str
    private: tuple[str, str]
    public: str
    private_table: str
    group: str
    database_group: str
    gateway: str
    nat: str
    database: str


@functools.cache
def client(service: Any) -> Any:
    """A client of the test's own; their address is the same in all of these tests."""
    return boto3.client(service, region_name=REGION)


def make() -> Cloud:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for attribute in (
        {"EnableDnsSupport": {"Value": True}},
        {"EnableDnsHostnames": {"Value": True}},
    ):
        ec2.modify_vpc_attribute(VpcId=vpc, **attribute)
    first, second, inner, public = (
        _subnet(ec2, vpc, cidr)
        for cidr in ("10.0.1.0/24", "10.0.2.0/24", "10.0.5.0/24", "10.0.9.0/24")
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    private_table, public_table = (_table(ec2, vpc, ids) for ids in ((first, second), (public,)))
    default = "0.0.0.0/0"
    ec2.create_route(RouteTableId=private_table, DestinationCidrBlock=default, NatGatewayId=nat)
    ec2.create_route(RouteTableId=public_table, DestinationCidrBlock=default, GatewayId=gateway)
    group, database_group = (
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        for name in ("function", "database")
    )
    pair = [{"GroupId": group}]
    ec2.authorize_security_group_ingress(
        GroupId=database_group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": pair}
        ],
    )
    database = ec2.create_network_interface(
        SubnetId=inner, PrivateIpAddress="10.0.5.10", Groups=[database_group]
    )["NetworkInterface"]["NetworkInterfaceId"]
    _function((first, second), group)
    return Cloud(
        *(vpc, (first, second), public, private_table),
        *(group, database_group, gateway, nat, database),
    )


def _subnet(ec2: Any, vpc: str, cidr: str) -> str:
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"])


def _table(ec2: Any, vpc: str, subnets: tuple[str, ...]) -> str:
    table = str(ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return table


def _function(subnets: tuple[str, ...], group: str) -> None:
    iam = client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy(trust))
    actions = [f"ec2:{action}" for action in INTERFACE_ACTIONS]
    allowed = _policy({"Effect": "Allow", "Action": actions[:3], "Resource": "*"})
    made = iam.create_policy(PolicyName="interfaces", PolicyDocument=allowed)
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=made["Policy"]["Arn"])
    rest = _policy({"Effect": "Allow", "Action": actions[3:], "Resource": "*"})
    iam.put_role_policy(RoleName=ROLE, PolicyName="rest", PolicyDocument=rest)
    client("lambda").create_function(
        FunctionName=FUNCTION,
        Role=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        PackageType="Image",
        Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders:1"},
        VpcConfig={"SubnetIds": list(subnets), "SecurityGroupIds": [group]},
    )


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
