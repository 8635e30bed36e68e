"""What lies beyond the VPC's own tables, asked for only where a route or a target leads there.

Each yields (section, (service, what fetches it)), as the rest of the collection does. A refusal
here is reported and makes nothing worse: the checks of the VPC itself do not need these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from vpc_check.aws.clients import Clients, pages
from vpc_check.facts import Row

Task = tuple[str, tuple[str, Callable[[], Any]]]
METRICS_HOURS = 3
NAT_METRICS = ("ErrorPortAllocation", "PacketsDropCount")
_MAX_ROUTES = 1000  # Source: "SearchTransitGatewayRoutes", Amazon EC2 API Reference


def of_targets(clients: Clients, hosts: Iterable[str]) -> Iterator[Task]:
    """Yield the descriptions of what the hosts' names belong to."""
    names = list(hosts)
    if any(".elb." in host for host in names):
        fetch = pages(clients.elb, "describe_load_balancers", "LoadBalancers")
        yield "LoadBalancers", ("elasticloadbalancing", fetch)
    if any(".proxy-" in host and ".rds." in host for host in names):
        yield "DBProxies", ("rds", pages(clients.rds, "describe_db_proxies", "DBProxies"))
        fetch = pages(clients.rds, "describe_db_proxy_endpoints", "DBProxyEndpoints")
        yield "DBProxyEndpoints", ("rds", fetch)
    if any(".cache." in host for host in names):
        for section, operation, arguments in (
            ("CacheClusters", "describe_cache_clusters", {"ShowCacheNodeInfo": True}),
            ("ReplicationGroups", "describe_replication_groups", {}),
            ("CacheSubnetGroups", "describe_cache_subnet_groups", {}),
            ("ServerlessCaches", "describe_serverless_caches", {}),
        ):
            fetch = pages(clients.elasticache, operation, section, **arguments)
            yield section, ("elasticache", fetch)


def of_vpc(
    clients: Clients, sections: Mapping[str, Any], vpc: str, hosts: Iterable[str]
) -> Iterator[Task]:
    """Yield what the VPC's routes and names need."""
    routes = [route for table in sections.get("RouteTables", []) for route in table["Routes"]]
    transit = sorted({str(r["TransitGatewayId"]) for r in routes if r.get("TransitGatewayId")})
    if transit:
        filters = [{"Name": "vpc-id", "Values": [vpc]}]
        operation = "describe_transit_gateway_vpc_attachments"
        section = "TransitGatewayVpcAttachments"
        yield section, ("ec2", pages(clients.ec2, operation, section, Filters=filters))
        filters = [{"Name": "transit-gateway-id", "Values": transit}]
        operation, section = "describe_transit_gateway_attachments", "TransitGatewayAttachments"
        yield section, ("ec2", pages(clients.ec2, operation, section, Filters=filters))
    if any(not host.replace(".", "").isdigit() for host in hosts):
        yield "DnsFirewall", ("route53resolver", lambda: _dns_firewall(clients.resolver, vpc))
        yield "ResolverRules", ("route53resolver", lambda: _resolver_rules(clients.resolver, vpc))
    used = {str(r["NatGatewayId"]) for r in routes if r.get("NatGatewayId")}
    nats = [row["NatGatewayId"] for row in sections.get("NatGateways", [])]
    measured = [name for name in nats if name in used]
    if measured:
        yield "NatMetrics", ("cloudwatch", lambda: _nat_metrics(clients.cloudwatch, measured))
    places = [vpc, *(row["SubnetId"] for row in sections.get("Subnets", []))]
    filters = [{"Name": "resource-id", "Values": places[:200]}]
    fetch = pages(clients.ec2, "describe_flow_logs", "FlowLogs", Filters=filters)
    yield "FlowLogs", ("ec2", fetch)


def of_far_side(clients: Clients, sections: Mapping[str, Any], vpc: str) -> Iterator[Task]:
    """Yield the routes of transit gateways, and the tables of other VPCs of the account."""
    attachments = sections.get("TransitGatewayAttachments", [])
    own = [row for row in attachments if row.get("ResourceId") == vpc]
    tables = sorted(
        {
            str(row["Association"]["TransitGatewayRouteTableId"])
            for row in own
            if (row.get("Association") or {}).get("TransitGatewayRouteTableId")
        }
    )
    if tables:
        yield (
            "TransitGatewayRoutes",
            ("ec2", lambda: [_transit_routes(clients.ec2, table) for table in tables]),
        )
    peers = {str(row["ResourceId"]) for row in attachments if row.get("ResourceType") == "vpc"}
    for row in sections.get("VpcPeeringConnections", []):
        for side in ("AccepterVpcInfo", "RequesterVpcInfo"):
            peers.add(str((row.get(side) or {}).get("VpcId", "")))
    wanted = sorted(peers - {vpc, ""})
    if wanted:
        # A filter finds those of this account alone, and does not fail for the other ones.
        filters = [{"Name": "vpc-id", "Values": wanted[:200]}]
        for section, operation, member in (
            ("PeerRouteTables", "describe_route_tables", "RouteTables"),
            ("PeerSubnets", "describe_subnets", "Subnets"),
        ):
            yield section, ("ec2", pages(clients.ec2, operation, member, Filters=filters))


def _transit_routes(ec2: Any, table: str) -> Row:
    answer = ec2.search_transit_gateway_routes(
        TransitGatewayRouteTableId=table,
        Filters=[{"Name": "state", "Values": ["active", "blackhole"]}],
        MaxResults=_MAX_ROUTES,
    )
    more = bool(answer.get("AdditionalRoutesAvailable"))
    return {"TransitGatewayRouteTableId": table, "Routes": answer["Routes"], "More": more}


def _dns_firewall(resolver: Any, vpc: str) -> list[Row]:
    """Return the rules in their order, each with its domains; None where AWS does not show them."""
    fetch = pages(
        resolver,
        "list_firewall_rule_group_associations",
        "FirewallRuleGroupAssociations",
        VpcId=vpc,
    )
    rules: list[Row] = []
    for group in sorted(fetch(), key=lambda row: int(row.get("Priority", 0))):
        name = group["FirewallRuleGroupId"]
        listed = pages(resolver, "list_firewall_rules", "FirewallRules", FirewallRuleGroupId=name)()
        rules += [
            {**rule, "Domains": _domains(resolver, rule.get("FirewallDomainListId"))}
            for rule in sorted(listed, key=lambda row: int(row.get("Priority", 0)))
        ]
    return rules


def _domains(resolver: Any, name: str | None) -> list[str] | None:
    from botocore.exceptions import ClientError

    if not name:
        return None
    try:
        fetch = pages(resolver, "list_firewall_domains", "Domains", FirewallDomainListId=name)
        return [str(each) for each in fetch()]
    except ClientError as error:
        # AWS does not show its own lists.
        if error.response["Error"]["Code"] in ("AccessDeniedException", "ValidationException"):
            return None
        raise


def _resolver_rules(resolver: Any, vpc: str) -> list[Row]:
    filters = [{"Name": "VPCId", "Values": [vpc]}]
    fetch = pages(
        resolver,
        "list_resolver_rule_associations",
        "ResolverRuleAssociations",
        Filters=filters,
    )
    ids = sorted({str(row["ResolverRuleId"]) for row in fetch()})
    return [resolver.get_resolver_rule(ResolverRuleId=name)["ResolverRule"] for name in ids]


def _nat_metrics(cloudwatch: Any, nats: list[str]) -> list[Row]:
    """Return the sums of the last hours, by gateway."""
    ends = datetime.now(timezone.utc)
    queries = [
        {
            "Id": f"m{number}_{at}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/NATGateway",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "NatGatewayId", "Value": name}],
                },
                "Period": 300,
                "Stat": "Sum",
            },
        }
        for number, name in enumerate(nats)
        for at, metric in enumerate(NAT_METRICS)
    ]
    fetch = pages(
        cloudwatch,
        "get_metric_data",
        "MetricDataResults",
        MetricDataQueries=queries,
        StartTime=ends - timedelta(hours=METRICS_HOURS),
        EndTime=ends,
    )
    found: dict[str, Row] = {name: {"NatGatewayId": name} for name in nats}
    for result in fetch():
        number, at = map(int, str(result["Id"])[1:].split("_"))
        row, metric = found[nats[number]], NAT_METRICS[at]
        row[metric] = row.get(metric, 0.0) + sum(result.get("Values", []))
    return list(found.values())
