"""Packets of the function's interfaces that flow logs have as rejected, for the last hour.

Source: "Flow log records", Amazon VPC User Guide. Only logs in CloudWatch Logs are read. The query
is bounded: an hour, a number of interfaces, pages and records; what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from vpc_check.aws.clients import Clients
from vpc_check.facts import Attachment, Row
from vpc_check.network.interfaces import shared_in

MINUTES = 60
MAX_INTERFACES = 16
MAX_PAGES = 3  # of one interface
_MAX_EVENTS = 500  # of one page
_DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
# field of a record → member of a row
_FIELDS = {
    "interface-id": "InterfaceId",
    "srcaddr": "SourceAddress",
    "dstaddr": "DestinationAddress",
    "srcport": "SourcePort",
    "dstport": "DestinationPort",
    "protocol": "Protocol",
}


def of_flow_logs(
    clients: Clients, sections: Mapping[str, Any], attachment: Attachment
) -> tuple[str, tuple[str, Callable[[], Any]]] | None:
    """Return what reads the logs, as lookups do; None where there is none to read."""
    logs = [row for row in sections.get("FlowLogs", []) if _is_readable(row)]
    rows = sections.get("NetworkInterfaces", [])
    names = [
        str(row["NetworkInterfaceId"])
        for subnet in attachment.subnets
        for row in shared_in(rows, subnet, attachment.groups)
    ]
    if not logs or not names:
        return None
    return "FlowLogRecords", ("logs", lambda: _read(clients.logs, logs, names))


def _is_readable(row: Row) -> bool:
    kind = row.get("LogDestinationType", "cloud-watch-logs")
    active = row.get("FlowLogStatus", "ACTIVE") == "ACTIVE"
    rejects = row.get("TrafficType", "ALL") in ("ALL", "REJECT")
    return bool(kind == "cloud-watch-logs" and active and rejects and row.get("LogGroupName"))


def _read(logs: Any, rows: Iterable[Row], interfaces: list[str]) -> list[Row]:
    """Return one row for each flow log: its rejected packets, and whether all of it was read."""
    since = datetime.now(timezone.utc) - timedelta(minutes=MINUTES)
    found = []
    for row in rows:
        rejected: dict[tuple[str, ...], int] = {}
        complete = len(interfaces) <= MAX_INTERFACES
        for name in interfaces[:MAX_INTERFACES]:
            messages, whole = _messages(logs, str(row["LogGroupName"]), name, since)
            complete = complete and whole
            for message in messages:
                record = parse_record(message, str(row.get("LogFormat") or _DEFAULT_FORMAT))
                # A stream's prefix may be that of another interface, too.
                if record is not None and record[0] == name:
                    rejected[record] = rejected.get(record, 0) + 1
        members = list(_FIELDS.values())
        records = [
            {**dict(zip(members, key, strict=True)), "Records": count}
            for key, count in rejected.items()
        ]
        found.append({"FlowLogId": row.get("FlowLogId"), "Rejected": records, "All": complete})
    return found


def _messages(logs: Any, group: str, interface: str, since: datetime) -> tuple[list[str], bool]:
    """The records of an interface, and whether these are all. A stream is called ENI-all."""
    arguments: dict[str, Any] = {
        "logGroupName": group,
        "logStreamNamePrefix": interface,
        "filterPattern": "REJECT",
        "startTime": int(since.timestamp() * 1000),
        "limit": _MAX_EVENTS,
    }
    messages: list[str] = []
    for _ in range(MAX_PAGES):
        answer = logs.filter_log_events(**arguments)
        messages += [str(each.get("message", "")) for each in answer.get("events", [])]
        if not answer.get("nextToken"):
            return messages, True
        arguments["nextToken"] = answer["nextToken"]
    return messages, False


def parse_record(message: str, log_format: str) -> tuple[str, ...] | None:
    """The members of a rejected record in the order of _FIELDS; None for another, or for less."""
    names = [each.strip("${}") for each in log_format.split()]
    values = message.split()
    if len(values) != len(names):
        return None
    record = dict(zip(names, values, strict=True))
    if record.get("action") != "REJECT" or any(field not in record for field in _FIELDS):
        return None
    return tuple(record[field] for field in _FIELDS)
