"""What is asked of AWS beyond what moto knows: capacity providers, and groups of other VPCs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from botocore.parsers import ResponseParserError

from vpc_check.aws.clients import Clients
from vpc_check.aws.collect import collect
from vpc_check.facts import Attachment
from vpc_check.request import read_request

PROVIDER = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:pool"


class Recorder:
    """A client that answers from a table and remembers its requests."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.requests: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.requests[operation].append(arguments)
            answer = self.answers.get(operation, {})
            return answer(arguments) if callable(answer) else answer

        return call

    def get_paginator(self, operation: str) -> Any:
        outer = self

        class Paginator:
            def paginate(self, **arguments: Any) -> list[Any]:
                return [getattr(outer, operation)(**arguments)]

        return Paginator()


def clients(awslambda: Recorder, ec2: Recorder) -> Clients:
    nothing = Recorder({"get_service_quota": {"Quota": {"Value": 500}}, "get_role": {"Role": {}}})
    others = dict.fromkeys(("elb", "elasticache", "resolver", "cloudwatch"), nothing)
    return Clients("eu-west-1", ec2, awslambda, nothing, nothing, nothing, **others)


def groups(arguments: dict[str, Any]) -> Any:
    if arguments["Filters"][0]["Name"] == "vpc-id":
        return {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1"}]}
    return {"SecurityGroups": [{"GroupId": "sg-2", "VpcId": "vpc-2"}]}


def network() -> Recorder:
    attribute = {"EnableDnsSupport": {"Value": True}, "EnableDnsHostnames": {"Value": True}}
    return Recorder(
        {
            "describe_subnets": {"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}]},
            "describe_security_groups": groups,
            "describe_vpc_attribute": attribute,
            "describe_security_group_vpc_associations": {
                "SecurityGroupVpcAssociations": [
                    {"GroupId": "sg-2", "VpcId": "vpc-1", "State": "associated"}
                ]
            },
        }
    )


def test_a_function_on_managed_instances_has_the_network_of_its_capacity_provider() -> None:
    config = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": PROVIDER}}
    vpc = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    awslambda = Recorder(
        {
            "get_function_configuration": {"CapacityProviderConfig": config},
            "get_capacity_provider": {"CapacityProvider": {"VpcConfig": vpc}},
        }
    )
    ec2 = network()
    facts = collect(clients(awslambda, ec2), read_request({"function": "orders"}))
    assert awslambda.requests["get_capacity_provider"] == [{"CapacityProviderName": PROVIDER}]
    of_subnets = {"Filters": [{"Name": "subnet-id", "Values": ["subnet-1"]}]}
    assert of_subnets in ec2.requests["describe_subnets"]
    function, provider = facts.sections["Function"], facts.sections["CapacityProvider"]
    assert Attachment.of(function, provider).subnets == ("subnet-1",)
    # Nothing of another VPC was asked for.
    assert "describe_security_group_vpc_associations" not in ec2.requests


def test_a_group_of_another_vpc_is_looked_up_with_its_association() -> None:
    config = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1", "sg-2"]}}
    awslambda = Recorder({"get_function_configuration": config})
    ec2 = network()
    facts = collect(clients(awslambda, ec2), read_request({"function": "orders"}))
    by_id = {"Filters": [{"Name": "group-id", "Values": ["sg-2"]}]}
    assert by_id in ec2.requests["describe_security_groups"]
    assert ec2.requests["describe_security_group_vpc_associations"] == [
        {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
    ]
    assert [each["GroupId"] for each in facts.rows("SecurityGroups")] == ["sg-1", "sg-2"]
    assert facts.rows("SecurityGroupVpcAssociations")[0]["GroupId"] == "sg-2"


def test_prefix_lists_of_a_peers_route_table_are_read() -> None:
    config = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    ec2 = network()
    peering = {"AccepterVpcInfo": {"VpcId": "vpc-2"}, "RequesterVpcInfo": {"VpcId": "vpc-1"}}
    ec2.answers["describe_vpc_peering_connections"] = {"VpcPeeringConnections": [peering]}

    def tables(arguments: dict[str, Any]) -> Any:
        peer = arguments["Filters"] == [{"Name": "vpc-id", "Values": ["vpc-2"]}]
        route = {"DestinationPrefixListId": "pl-corp", "VpcPeeringConnectionId": "pcx-1"}
        table = {"RouteTableId": "rtb-2", "VpcId": "vpc-2", "Routes": [route]}
        return {"RouteTables": [table] if peer else []}

    ec2.answers["describe_route_tables"] = tables
    ec2.answers["get_managed_prefix_list_entries"] = {"Entries": [{"Cidr": "10.0.0.0/16"}]}
    awslambda = Recorder({"get_function_configuration": config})
    facts = collect(clients(awslambda, ec2), read_request({"function": "orders"}))
    assert ec2.requests["get_managed_prefix_list_entries"] == [{"PrefixListId": "pl-corp"}]
    assert facts.rows("ManagedPrefixLists") == [
        {"PrefixListId": "pl-corp", "Entries": [{"Cidr": "10.0.0.0/16"}]}
    ]


def test_an_answer_that_is_not_awss_makes_something_unknown_and_stops_nothing() -> None:
    """A proxy between answers with a page of its own."""

    def page(_: dict[str, Any]) -> Any:
        raise ResponseParserError("Unable to parse response: b'<!doctype html>'")

    config = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    ec2 = network()
    ec2.answers["describe_nat_gateways"] = page
    awslambda = Recorder({"get_function_configuration": config})
    facts = collect(clients(awslambda, ec2), read_request({"function": "orders"}))
    assert "ResponseParserError" in facts.unknown["NatGateways"].why
    assert facts.has(["Subnets", "SecurityGroups"])
