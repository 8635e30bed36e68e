"""What AWS has measured: ports and packets that NAT gateways lost, and flow logs.

Sources: "NAT gateway metrics and dimensions" and "Flow log records", Amazon VPC User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network.cidr import Networks, meets, network, shown
from vpc_check.network.paths import Analysis, Located, NetworkPath


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
    """Say where flow logs of the function's subnets are, and what was read of them."""
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
            f"in {where}{_what_was_read(analysis, str(row.get('FlowLogId')))}",
            "look there for REJECT of the function's interfaces: it shows what groups and ACLs "
            "stopped",
        )


def _what_was_read(analysis: Analysis, flow_log: str) -> str:
    row = analysis.facts.find("FlowLogRecords", "FlowLogId", flow_log)
    if row is None:
        return ", which was not read"
    count = sum(int(each["Records"]) for each in row["Rejected"])
    more = "" if row.get("All", True) else ", and not all of it was read"
    return f"; {count} records of the last hour reject packets of the function's interfaces{more}"


def check_rejected(analysis: Analysis) -> Iterator[Located]:
    """Report packets of a path that a flow log has as rejected: requests, or their answers."""
    for path in analysis.paths:
        for row in analysis.facts.rows("FlowLogRecords"):
            for answers, what in ((False, "requests to"), (True, "answers from")):
                hits = [each for each in row["Rejected"] if _is_of(each, path, answers=answers)]
                if not hits:
                    continue
                count = sum(int(each["Records"]) for each in hits)
                finding = Finding(
                    "FLOW_LOGS_REJECTED",
                    "warning",
                    str(row.get("FlowLogId")),
                    f"{row.get('FlowLogId')} has {count} records of the last hour in which "
                    f"{what} {shown(path.addresses)} port {path.target.port} were rejected at "
                    f"{hits[0]['InterfaceId']}",
                    (
                        f"allow them inbound in the ACL of {path.subnet}: groups let answers pass"
                        if answers
                        else f"allow them in the function's groups and in the ACL of {path.subnet}"
                    ),
                    path.target.text,
                    path.subnet,
                )
                yield "subnet", finding


_PROTOCOLS = {"tcp": "6", "udp": "17"}


def _is_of(record: Row, path: NetworkPath, *, answers: bool) -> bool:
    """Whether a record is of a path's requests, or of the answers to them."""
    near, far = ("Destination", "Source") if answers else ("Source", "Destination")
    return (
        record["Protocol"] == _PROTOCOLS[path.target.transport]
        and record[f"{far}Port"] == str(path.target.port)
        and _is_in(record[f"{far}Address"], path.addresses)
        and _is_in(record[f"{near}Address"], path.source)
    )


def _is_in(address: str, networks: Networks) -> bool:
    try:
        return meets((network(address),), networks)
    except ValueError:  # "-": the record has no address
        return False
