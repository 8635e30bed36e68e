"""The handler against AWS's API (moto over HTTP): real objects, described and judged."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from rie.demo.aws.vpc_fixtures import FUNCTION, ROLE, Cloud, client
from surefoot.kit.errors import UserError
from surefoot.testing import invoke
from tests.integration.functions.vpc_check.refusing import Front
from tests.support.aws import ACCOUNT, REGION
from vpc_check.app import handler
from vpc_check.aws.clients import connect
from vpc_check.facts import EXTRAS

WEB = "https://example.com"
DATABASE = "tcp://10.0.5.10:5432"


def check(**event: Any) -> Any:
    return invoke(handler, {"function": FUNCTION, "probe": False, **event}, timeout=60)


def codes(answer: Any) -> set[tuple[str, str]]:
    """What was found, without what moto does not know."""
    found = answer["findings"]
    return {(each["code"], each["component"]) for each in found} - NOT_IN_MOTO


QUOTA = ("UNKNOWN_RESOURCE", "InterfaceQuota")  # not in this region
DNS_FIREWALL = ("UNKNOWN_RESOURCE", "DnsFirewall")
NOT_IN_MOTO = {QUOTA, DNS_FIREWALL}


def test_what_makes_a_report_richer_and_is_refused_is_a_detail(cloud: Cloud) -> None:
    found = check(targets=[WEB])["findings"]
    severities = {(each["code"], each["component"]): each["severity"] for each in found}
    assert severities == {QUOTA: "unknown", DNS_FIREWALL: "info"}


def test_a_network_that_works_has_no_findings(cloud: Cloud) -> None:
    answer = check(targets=[WEB, DATABASE])
    assert codes(answer) == set()
    assert answer["version"] == 1
    assert (answer["vpc"], answer["subnets"]) == (cloud.vpc, list(cloud.private))
    assert {path["state"] for path in answer["paths"]} == {"ok"}
    assert len(answer["paths"]) == 4  # two targets from two subnets


def test_an_internet_gateway_instead_of_the_nat_is_found(cloud: Cloud) -> None:
    client("ec2").replace_route(
        RouteTableId=cloud.private_table,
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=cloud.gateway,
    )
    answer = check(targets=[WEB, DATABASE])
    assert codes(answer) == {("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", cloud.gateway)}
    assert answer["verdict"] == "broken"
    broken = [path for path in answer["paths"] if path["state"] == "broken"]
    assert {path["target"] for path in broken} == {WEB}
    assert [hop["state"] for hop in broken[0]["hops"]][-2:] == ["broken", "beyond"]


def test_a_deleted_nat_is_found(cloud: Cloud) -> None:
    client("ec2").delete_nat_gateway(NatGatewayId=cloud.nat)
    found = codes(check(targets=[WEB]))
    assert {code for code, _ in found} <= {"BAD_STATE", "BAD_STATE_ROUTE"}
    assert found


def test_a_group_that_the_database_does_not_name_is_found(cloud: Cloud) -> None:
    ec2 = client("ec2")
    other = ec2.create_security_group(GroupName="o", Description="o", VpcId=cloud.vpc)["GroupId"]
    config = {"SubnetIds": list(cloud.private), "SecurityGroupIds": [other]}
    answer = check(function="", vpc_config=config, targets=[DATABASE])
    assert codes(answer) == {("ENI_SG_RULES_MISMATCH", cloud.database_group)}
    assert answer["function"] == ""


def test_an_acl_that_keeps_answers_out_is_found(cloud: Cloud) -> None:
    ec2 = client("ec2")
    acls = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [cloud.vpc]}])
    name = acls["NetworkAcls"][0]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=name,
        RuleNumber=90,
        Protocol="6",
        PortRange={"From": 1024, "To": 65535},
        RuleAction="deny",
        Egress=False,
        CidrBlock="0.0.0.0/0",
    )
    answer = check(targets=[WEB])
    assert codes(answer) == {("SUBNET_ACL_RESTRICTION", name)}


def test_the_roles_policies_are_read_attached_and_inline(cloud: Cloud) -> None:
    assert ROLE not in {component for _, component in codes(check())}
    client("iam").delete_role_policy(RoleName=ROLE, PolicyName="rest")
    answer = check()
    assert codes(answer) == {("ROLE_LACKS_PERMISSION", ROLE)}
    assert {each["severity"] for each in answer["findings"]} == {"warning", "unknown"}


def test_dns_attributes_and_servers_are_read(cloud: Cloud) -> None:
    ec2 = client("ec2")
    ec2.modify_vpc_attribute(VpcId=cloud.vpc, EnableDnsSupport={"Value": False})
    assert codes(check(targets=[WEB])) == {("DNS_SUPPORT_DISABLED", cloud.vpc)}
    options = ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["10.0.9.53"]}]
    )["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=cloud.vpc)
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [cloud.vpc]}])["Subnets"]
    [subnet] = [each["SubnetId"] for each in subnets if each["CidrBlock"] == "10.0.9.0/24"]
    group = ec2.create_security_group(GroupName="dns", Description="dns", VpcId=cloud.vpc)
    dns = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53}
    ec2.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{**dns, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )
    ec2.create_network_interface(
        SubnetId=subnet, PrivateIpAddress="10.0.9.53", Groups=[group["GroupId"]]
    )
    assert codes(check(targets=[WEB])) == {("DNS_CUSTOM_SERVERS", options)}


def test_a_route_to_a_prefix_list_of_ones_own_is_read(cloud: Cloud) -> None:
    ec2 = client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="partners",
        MaxEntries=2,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "203.0.113.0/24"}],
    )["PrefixList"]["PrefixListId"]
    ec2.create_route(
        RouteTableId=cloud.private_table,
        DestinationPrefixListId=made,
        GatewayId=cloud.gateway,
    )
    wrong = ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", cloud.gateway)
    assert codes(check(targets=["tcp://203.0.113.9:443"])) == {wrong}
    assert codes(check(targets=["tcp://198.51.100.9:443"])) == set()


def test_endpoints_and_databases_are_discovered(cloud: Cloud) -> None:
    ec2 = client("ec2")
    ec2.create_vpc_endpoint(
        VpcId=cloud.vpc,
        VpcEndpointType="Gateway",
        ServiceName=f"com.amazonaws.{REGION}.s3",
        RouteTableIds=[cloud.private_table],
    )
    rds = client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=[*cloud.private]
    )
    rds.create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="not-a-secret",
        AllocatedStorage=20,
        DBSubnetGroupName="g",
        VpcSecurityGroupIds=[cloud.database_group],
    )
    answer = check(targets=[{"discover": ["endpoints", "rds", "docdb"]}])
    s3, shop = (each["target"] for each in answer["targets"])
    assert s3 == f"tls://s3.{REGION}.amazonaws.com"
    assert shop.startswith("tcp://shop.")
    assert answer["targets"][1]["known_from"] == "DB instance shop"
    assert codes(answer) == set()


@pytest.mark.parametrize(
    ("operation", "section", "error"),
    [
        ("DescribeNetworkAcls", "NetworkAcls", (403, "UnauthorizedOperation")),
        ("DescribeSecurityGroups", "SecurityGroups", (403, "UnauthorizedOperation")),
        ("DescribeRouteTables", "RouteTables", (503, "RequestLimitExceeded")),
        ("DescribeVpcAttribute", "VpcAttributes", (403, "UnauthorizedOperation")),
        ("DescribeNetworkInterfaces", "NetworkInterfaces", (500, "InternalError")),
        ("GetRole", "Role", (403, "AccessDenied")),
        ("GetFunctionConfiguration", "Function", (403, "AccessDeniedException")),
    ],
)
def test_a_refused_call_is_told_and_costs_only_its_own_checks(
    cloud: Cloud, front: Front, operation: str, section: str, error: tuple[int, str]
) -> None:
    front.refused[operation] = error
    answer = check(targets=[WEB])
    states = {each["component"]: each for each in answer["findings"]}
    assert set(states) - {component for _, component in NOT_IN_MOTO} == {section}
    assert operation in states[section]["message"]
    assert error[1] in states[section]["message"]
    assert states[section]["severity"] == "unknown"


def test_every_page_is_read(cloud: Cloud, front: Front) -> None:
    client("ec2").delete_route(RouteTableId=cloud.private_table, DestinationCidrBlock="0.0.0.0/0")
    before = check(targets=[WEB, DATABASE])["findings"]
    assert ("NO_ROUTE_TO_DESTINATION", cloud.private_table) in {
        (each["code"], each["component"]) for each in before
    }
    front.paged |= {
        *("DescribeSubnets", "DescribeRouteTables", "DescribeNetworkAcls", "DescribeVpcs"),
        *("DescribeSecurityGroups", "DescribeNatGateways", "DescribeNetworkInterfaces"),
    }
    assert check(targets=[WEB, DATABASE])["findings"] == before


def test_everything_but_the_function_refused_still_answers(cloud: Cloud, front: Front) -> None:
    front.calls.clear()
    check(targets=[WEB])
    refused = set(front.calls) - {"GetFunctionConfiguration"}
    assert len(refused) > 10
    front.refused.update(dict.fromkeys(refused, (403, "UnauthorizedOperation")))
    answer = check(targets=[WEB], capacity={"concurrency": 10})
    severities = {e["severity"] for e in answer["findings"] if e["component"] not in EXTRAS}
    assert severities == {"unknown"}
    assert answer["verdict"] == "doubtful"
    assert answer["capacity"]["interfaces"] == 2


def test_no_answer_from_an_api_says_where_to_run_it_instead(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect.cache_clear()
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1")
    answer = check(targets=[WEB])
    connect.cache_clear()
    states = {each["component"]: each for each in answer["findings"]}["Subnets"]
    assert "the API of ec2 does not answer from here" in states["message"]
    assert "outside of the VPC" in states["remedy"]


def test_probes_and_configuration_are_joined(cloud: Cloud) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as gone:
            closed = gone.getsockname()[1]
        open_, shut = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{closed}"
        answer = check(targets=[open_, shut], probe=True)
    words = {each["target"]: (each["word"], each["verdict"]) for each in answer["explanations"]}
    assert words == {open_: ("ok", "fine"), shut: ("refused", "alone")}
    assert answer["verdict"] == "broken"
    assert [each["address"] for each in answer["observations"]] == ["127.0.0.1"] * 2


def test_a_probe_in_another_function_than_the_one_checked_is_told(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("lambda").create_function(
        FunctionName="checker",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{ROLE}",
        PackageType="Image",
        Code={"ImageUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/checker:1"},
        VpcConfig={"SubnetIds": [cloud.public], "SecurityGroupIds": [cloud.group]},
    )
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "checker")
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        answer = check(targets=[target], probe=True)
    assert codes(answer) == {("PROBED_FROM_ELSEWHERE", "checker")}


def test_subnets_that_do_not_exist_are_an_error_of_the_event(cloud: Cloud) -> None:
    with pytest.raises(UserError, match="none of the subnets subnet-00000000 exists"):
        check(function="", vpc_config={"SubnetIds": ["subnet-00000000"]})


def test_one_subnet_that_does_not_exist_is_a_finding(cloud: Cloud) -> None:
    config = {"SubnetIds": [cloud.private[0], "subnet-00000000"], "SecurityGroupIds": [cloud.group]}
    assert codes(check(function="", vpc_config=config)) == {("UNKNOWN_SUBNET", "subnet-00000000")}


def test_a_function_that_does_not_exist_is_an_error_of_the_event(cloud: Cloud) -> None:
    with pytest.raises(UserError, match="there is no function 'missing' in eu-west-1"):
        check(function="missing")


def test_a_table_and_a_page_are_no_json_strings(cloud: Cloud) -> None:
    table = check(targets=[WEB], format="table")
    page = check(targets=[WEB], format="html")
    assert isinstance(table, bytes)
    assert table.decode().startswith(f"orders in {cloud.vpc}, eu-west-1")
    assert page.startswith(b"<!doctype html>")


def test_the_function_checks_itself_when_the_event_names_none(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
    answer = invoke(handler, {"probe": False}, timeout=60)
    assert answer["function"] == FUNCTION


def test_the_answer_is_json_without_anything_of_python(cloud: Cloud) -> None:
    answer = check(targets=[WEB], capacity={"concurrency": 5, "historic": True})
    assert json.loads(json.dumps(answer)) == answer
    assert {"findings", "paths", "observations", "explanations", "capacity"} <= set(answer)
