"""Flow logs are read for the function's interfaces alone, within bounds."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.unit.functions.vpc_check.aws.test_collect import Recorder
from vpc_check.aws.clients import Clients
from vpc_check.aws.flow_logs import MAX_INTERFACES, MAX_PAGES, of_flow_logs, parse_record
from vpc_check.facts import Attachment

FUNCTION = Attachment("orders", ("subnet-a",), ("sg-fn",))
LOG = {"FlowLogId": "fl-1", "LogGroupName": "vpc-flow", "TrafficType": "ALL"}
REJECT = "2 123456789012 eni-1 10.0.1.7 10.0.5.10 40000 5432 6 1 40 1700000000 1700000060 REJECT OK"
OWN_FORMAT = "${action} ${interface-id} ${dstaddr} ${srcaddr} ${dstport} ${srcport} ${protocol}"


def interface(name: str, **changes: Any) -> dict[str, Any]:
    row = {"NetworkInterfaceId": name, "InterfaceType": "lambda", "SubnetId": "subnet-a"}
    return {**row, "Groups": [{"GroupId": "sg-fn"}], **changes}


def sections(*interfaces: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"FlowLogs": [{**LOG, **changes}], "NetworkInterfaces": list(interfaces)}


def read(answer: Any, facts: dict[str, Any]) -> tuple[Any, Recorder]:
    recorder = Recorder({"filter_log_events": answer})
    nothing = Recorder({})
    clients = Clients("eu-west-1", nothing, nothing, nothing, nothing, nothing, logs=recorder)
    task = of_flow_logs(clients, facts, FUNCTION)
    assert task is not None
    section, (service, fetch) = task
    assert (section, service) == ("FlowLogRecords", "logs")
    return fetch(), recorder


def test_the_log_is_asked_for_the_last_hours_rejects_of_the_functions_interfaces() -> None:
    others = [
        interface("eni-2", SubnetId="subnet-b"),
        interface("eni-3", Groups=[{"GroupId": "sg-x"}]),
        interface("eni-4", InterfaceType="interface"),
    ]
    other = REJECT.replace("eni-1", "eni-12")  # whose stream begins alike
    texts = (REJECT, REJECT, "nonsense", other)
    answer = {"events": [{"message": text} for text in texts]}
    rows, recorder = read(answer, sections(interface("eni-1"), *others))
    (request,) = recorder.requests["filter_log_events"]
    since = request.pop("startTime")
    assert 3_600 <= time.time() - since / 1000 < 3_660
    assert request == {
        "logGroupName": "vpc-flow",
        "logStreamNamePrefix": "eni-1",
        "filterPattern": "REJECT",
        "limit": 500,
    }
    record = {
        "InterfaceId": "eni-1",
        "SourceAddress": "10.0.1.7",
        "DestinationAddress": "10.0.5.10",
        "SourcePort": "40000",
        "DestinationPort": "5432",
        "Protocol": "6",
        "Records": 2,
    }
    assert rows == [{"FlowLogId": "fl-1", "Rejected": [record], "All": True}]


def test_pages_are_read_up_to_a_bound_which_the_answer_says() -> None:
    answer = {"events": [{"message": REJECT}], "nextToken": "more"}
    rows, recorder = read(answer, sections(interface("eni-1")))
    requests = recorder.requests["filter_log_events"]
    assert [each.get("nextToken") for each in requests] == [None, *["more"] * (MAX_PAGES - 1)]
    assert rows[0]["All"] is False
    assert rows[0]["Rejected"][0]["Records"] == MAX_PAGES


def test_interfaces_are_read_up_to_a_bound_which_the_answer_says() -> None:
    many = [interface(f"eni-{number}") for number in range(MAX_INTERFACES + 1)]
    rows, recorder = read({"events": []}, sections(*many))
    asked = [each["logStreamNamePrefix"] for each in recorder.requests["filter_log_events"]]
    assert asked == [f"eni-{number}" for number in range(MAX_INTERFACES)]
    assert rows[0] == {"FlowLogId": "fl-1", "Rejected": [], "All": False}
    rows, _ = read({"events": []}, sections(*many[1:]))
    assert rows[0]["All"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"LogDestinationType": "s3"},
        {"FlowLogStatus": "INACTIVE"},
        {"TrafficType": "ACCEPT"},
        {"LogGroupName": None},
    ],
)
def test_what_is_not_in_cloudwatch_logs_is_not_read(changes: dict[str, Any]) -> None:
    clients = Clients("eu-west-1", *[Recorder({})] * 10)
    assert of_flow_logs(clients, sections(interface("eni-1"), **changes), FUNCTION) is None


def test_without_an_interface_nothing_is_read() -> None:
    clients = Clients("eu-west-1", *[Recorder({})] * 10)
    assert of_flow_logs(clients, sections(), FUNCTION) is None


def test_a_record_is_read_by_the_logs_own_format() -> None:
    own = "REJECT eni-1 10.0.5.10 10.0.1.7 5432 40000 6"
    expected = ("eni-1", "10.0.1.7", "10.0.5.10", "40000", "5432", "6")
    assert parse_record(own, OWN_FORMAT) == expected
    assert parse_record(own.replace("REJECT", "ACCEPT"), OWN_FORMAT) is None
    assert parse_record(own, OWN_FORMAT + " ${bytes}") is None
    assert parse_record("REJECT eni-1", "${action} ${interface-id}") is None


def test_a_log_with_a_format_of_its_own_is_read_by_it() -> None:
    answer = {"events": [{"message": "REJECT eni-1 10.0.5.10 10.0.1.7 5432 40000 6"}]}
    rows, _ = read(answer, sections(interface("eni-1"), LogFormat=OWN_FORMAT))
    assert rows[0]["Rejected"][0]["DestinationAddress"] == "10.0.5.10"
