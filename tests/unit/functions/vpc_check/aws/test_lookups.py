"""What is asked beyond the VPC's own tables: only what a route or a target leads to."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.functions.vpc_check.aws.test_collect import Recorder
from vpc_check.aws import lookups
from vpc_check.aws.clients import Clients


def clients(**answers: Any) -> tuple[Clients, Recorder]:
    """Clients that are all the same recorder."""
    recorder = Recorder(answers)
    return Clients("eu-west-1", *[recorder] * 9), recorder


def table(**route: str) -> dict[str, Any]:
    return {"RouteTables": [{"RouteTableId": "rtb-1", "Routes": [route]}]}


def run(tasks: Any) -> dict[str, Any]:
    return {section: fetch() for section, (_, fetch) in tasks}


@pytest.mark.parametrize(
    ("host", "operations"),
    [
        ("example.com", []),
        ("10.0.0.1", []),
        ("internal-a-1.eu-west-1.elb.amazonaws.com", ["describe_load_balancers"]),
        (
            "p.proxy-x.eu-west-1.rds.amazonaws.com",
            ["describe_db_proxies", "describe_db_proxy_endpoints"],
        ),
        (
            "c.x.cache.amazonaws.com",
            [
                *("describe_cache_clusters", "describe_replication_groups"),
                *("describe_cache_subnet_groups", "describe_serverless_caches"),
            ],
        ),
    ],
)
def test_a_service_is_asked_for_its_own_names_only(host: str, operations: list[str]) -> None:
    made, recorder = clients()
    run(lookups.of_targets(made, [host]))
    assert sorted(recorder.requests) == sorted(operations)


def test_cache_clusters_are_asked_for_with_their_nodes() -> None:
    made, recorder = clients()
    run(lookups.of_targets(made, ["c.x.cache.amazonaws.com"]))
    assert recorder.requests["describe_cache_clusters"] == [{"ShowCacheNodeInfo": True}]


def test_a_transit_gateway_is_asked_about_where_a_route_leads_there() -> None:
    made, recorder = clients()
    run(lookups.of_vpc(made, table(TransitGatewayId="tgw-1"), "vpc-1", []))
    (own,) = recorder.requests["describe_transit_gateway_vpc_attachments"]
    assert own == {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}
    (all_,) = recorder.requests["describe_transit_gateway_attachments"]
    assert all_ == {"Filters": [{"Name": "transit-gateway-id", "Values": ["tgw-1"]}]}
    other, without = clients()
    run(lookups.of_vpc(other, table(GatewayId="igw-1"), "vpc-1", []))
    assert [*without.requests] == ["describe_flow_logs"]


def test_the_routes_of_the_vpcs_own_transit_table_are_searched_and_peers_described() -> None:
    attachments = [
        {"ResourceId": "vpc-1", "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1"}},
        {"ResourceId": "vpc-2", "ResourceType": "vpc"},
        {"ResourceId": "vpn-1", "ResourceType": "vpn"},
    ]
    peering = {"AccepterVpcInfo": {"VpcId": "vpc-3"}, "RequesterVpcInfo": {"VpcId": "vpc-1"}}
    routes = {"Routes": [{"State": "active"}], "AdditionalRoutesAvailable": True}
    made, recorder = clients(search_transit_gateway_routes=routes)
    sections = {"TransitGatewayAttachments": attachments, "VpcPeeringConnections": [peering]}
    found = run(lookups.of_far_side(made, sections, "vpc-1"))
    assert found["TransitGatewayRoutes"] == [
        {"TransitGatewayRouteTableId": "tgw-rtb-1", "Routes": [{"State": "active"}], "More": True}
    ]
    (search,) = recorder.requests["search_transit_gateway_routes"]
    assert search["Filters"] == [{"Name": "state", "Values": ["active", "blackhole"]}]
    wanted = {"Filters": [{"Name": "vpc-id", "Values": ["vpc-2", "vpc-3"]}]}
    assert recorder.requests["describe_route_tables"] == [wanted]
    assert recorder.requests["describe_subnets"] == [wanted]


def test_rules_of_the_dns_firewall_come_in_their_order_with_their_domains() -> None:
    def domains(arguments: dict[str, Any]) -> Any:
        if arguments["FirewallDomainListId"] == "of-aws":
            error: Any = {"Error": {"Code": "AccessDeniedException", "Message": "managed"}}
            raise ClientError(error, "ListFirewallDomains")
        return {"Domains": [f"{arguments['FirewallDomainListId']}."]}

    def rules(arguments: dict[str, Any]) -> Any:
        name = arguments["FirewallRuleGroupId"]
        lists = {"late": ["c"], "early": ["of-aws", "a"]}[name]
        listed = [{"Priority": 9 - n, "FirewallDomainListId": d} for n, d in enumerate(lists)]
        return {"FirewallRules": listed}

    groups = [
        {"FirewallRuleGroupId": "late", "Priority": 200},
        {"FirewallRuleGroupId": "early", "Priority": 100},
    ]
    made, recorder = clients(
        list_firewall_rule_group_associations={"FirewallRuleGroupAssociations": groups},
        list_firewall_rules=rules,
        list_firewall_domains=domains,
        list_resolver_rule_associations={
            "ResolverRuleAssociations": [{"ResolverRuleId": "r-1"}, {"ResolverRuleId": "r-1"}]
        },
        get_resolver_rule={"ResolverRule": {"Id": "r-1"}},
    )
    found = run(lookups.of_vpc(made, {}, "vpc-1", ["example.com"]))
    assert [rule["Domains"] for rule in found["DnsFirewall"]] == [["a."], None, ["c."]]
    assert found["ResolverRules"] == [{"Id": "r-1"}]
    assert recorder.requests["list_firewall_rule_group_associations"] == [{"VpcId": "vpc-1"}]
    assert recorder.requests["get_resolver_rule"] == [{"ResolverRuleId": "r-1"}]


def test_metrics_are_asked_for_the_nat_gateways_that_routes_use_and_summed() -> None:
    results = [
        {"Id": "m0_0", "Values": [1.0, 2.0]},
        {"Id": "m0_1", "Values": []},
        {"Id": "m0_0", "Values": [4.0]},
    ]
    made, recorder = clients(get_metric_data={"MetricDataResults": results})
    sections = table(NatGatewayId="nat-2")
    sections["NatGateways"] = [{"NatGatewayId": "nat-1"}, {"NatGatewayId": "nat-2"}]
    found = run(lookups.of_vpc(made, sections, "vpc-1", []))
    wanted = {"NatGatewayId": "nat-2", "ErrorPortAllocation": 7.0, "PacketsDropCount": 0.0}
    assert found["NatMetrics"] == [wanted]
    (asked,) = recorder.requests["get_metric_data"]
    metrics = [query["MetricStat"] for query in asked["MetricDataQueries"]]
    assert {each["Metric"]["MetricName"] for each in metrics} == set(lookups.NAT_METRICS)
    assert {each["Stat"] for each in metrics} == {"Sum"}
    assert (asked["EndTime"] - asked["StartTime"]).total_seconds() == 3 * 3600
