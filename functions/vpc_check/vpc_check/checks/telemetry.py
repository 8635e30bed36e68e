"""What AWS has measured: ports and packets that NAT gateways lost, and flow logs.

Sources: "NAT gateway metrics and dimensions" and "Flow log records", Amazon VPC User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Analysis, Located


def check_nat(analysis: Analysis) -> Iterator[Located]:
    """Report NAT gateways on a path that ran out of ports, or dropped packets."""
    measured = {str(row["NatGatewayId"]): row for row in analysis.facts.rows("NatMetrics")}
    for path in analysis.paths:
        hop = path.gateway
        row = measured.get(hop.id) if hop is not None else None
        if hop is None or row is None:
            continue
        for metric, code, what, remedy in (
            (
                "ErrorPortAllocation",
                "NAT_PORTS_EXHAUSTED",
                "could not allocate a port",
                "give the NAT gateway more addresses, reuse connections, or use endpoints",
            ),
            (
                "PacketsDropCount",
                "NAT_DROPS_PACKETS",
                "dropped packets",
                "reuse connections, spread the load over more NAT gateways, or ask AWS",
            ),
        ):
            count = float(row.get(metric, 0))
            if count > 0:
                finding = Finding(
                    code,
                    "warning",
                    hop.id,
                    f"{hop.id} {what} {count:,.0f} times in the last 3 hours ({metric})",
                    remedy,
                    path.target.text,
                    path.subnet,
                )
                yield hop, finding


def check_flow_logs(analysis: Analysis) -> Iterator[Finding]:
    """Say where flow logs of the function's subnets are."""
    places = {str(analysis.facts.vpc.get("VpcId", "")), *analysis.function.subnets}
    for row in analysis.facts.rows("FlowLogs"):
        if row.get("ResourceId") not in places or row.get("FlowLogStatus", "ACTIVE") != "ACTIVE":
            continue
        where = str(row.get("LogGroupName") or row.get("LogDestination") or "its destination")
        yield Finding(
            "FLOW_LOGS_EXIST",
            "info",
            str(row.get("FlowLogId", "FlowLogs")),
            f"flow logs of {row['ResourceId']} ({str(row.get('TrafficType', 'ALL')).lower()}) are "
            f"in {where}",
            "look there for REJECT of the function's interfaces: it shows what groups and ACLs "
            "stopped",
        )
