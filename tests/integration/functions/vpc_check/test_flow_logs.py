"""Flow logs as boto3 asks for them, with moto over HTTP as AWS."""

from __future__ import annotations

import time
from typing import Any

from rie.demo.aws.vpc_fixtures import Cloud, client
from vpc_check.aws.clients import Clients, connect
from vpc_check.aws.flow_logs import of_flow_logs
from vpc_check.facts import Attachment

GROUP = "/vpc/flow-logs"


def _clients() -> Clients:
    connect.cache_clear()  # the address of AWS is another one in each test
    return connect()


def _write_records(interface: str, records: list[str]) -> None:
    logs = client("logs")
    stream = f"{interface}-all"
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now - 1000 + at, "message": text} for at, text in enumerate(records)]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def _record(interface: str, action: str, port: int) -> str:
    return (
        f"2 123456789012 {interface} 10.0.1.7 10.0.5.10 40000 {port} 6 1 40 "
        f"1700000000 1700000060 {action} OK"
    )


def test_rejected_packets_are_read_from_the_log_of_the_vpc(cloud: Cloud) -> None:
    ec2, logs = client("ec2"), client("logs")
    logs.create_log_group(logGroupName=GROUP)
    ec2.create_flow_logs(
        ResourceIds=[cloud.vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=GROUP,
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/orders-role",
    )
    made = ec2.create_network_interface(SubnetId=cloud.private[0], Groups=[cloud.group])
    name = str(made["NetworkInterface"]["NetworkInterfaceId"])
    _write_records(name, [_record(name, "REJECT", 5432)] * 3 + [_record(name, "ACCEPT", 443)])
    _write_records("eni-other", [_record("eni-other", "REJECT", 5432)])
    row: dict[str, Any] = {
        "NetworkInterfaceId": name,
        "InterfaceType": "lambda",  # which moto does not make
        "SubnetId": cloud.private[0],
        "Groups": [{"GroupId": cloud.group}],
    }
    described = ec2.describe_flow_logs(Filters=[{"Name": "resource-id", "Values": [cloud.vpc]}])
    sections = {"FlowLogs": described["FlowLogs"], "NetworkInterfaces": [row]}
    task = of_flow_logs(_clients(), sections, Attachment("orders", cloud.private, (cloud.group,)))
    assert task is not None
    (found,) = task[1][1]()
    assert found["All"] is True
    assert [(each["DestinationPort"], each["Records"]) for each in found["Rejected"]] == [
        ("5432", 3)
    ]
