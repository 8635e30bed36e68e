from __future__ import annotations

import io
from typing import Any

from rie.aws.deploy.changeset import Change, format_changes, read_change

MODIFIED: dict[str, Any] = {
    "Type": "Resource",
    "ResourceChange": {
        "Action": "Modify",
        "LogicalResourceId": "Queue",
        "PhysicalResourceId": "https://queue",
        "ResourceType": "AWS::SQS::Queue",
        "Replacement": "True",
        "Details": [
            {"Target": {"Attribute": "Properties", "Name": "QueueName"}},
            {"Target": {"Attribute": "Properties", "Name": "QueueName"}},
            {"Target": {"Attribute": "Tags"}},
        ],
    },
}
QUEUE = Change("Modify", "Queue", "https://queue", "AWS::SQS::Queue", "True", ("QueueName", "Tags"))


def test_a_change_has_its_causes_once_each() -> None:
    assert read_change(MODIFIED) == QUEUE


def test_what_is_replaced_or_removed_is_named_below_the_table() -> None:
    gone = Change("Remove", "Alarm", "a", "AWS::CloudWatch::Alarm", "", ())
    new = Change("Add", "Topic", "", "AWS::SNS::Topic", "", ())
    lines = format_changes([new, QUEUE, gone], io.StringIO()).splitlines()
    assert lines[2].split() == ["Add", "Topic", "AWS::SNS::Topic", "-", "-"]
    assert lines[3].split() == [
        *["Modify", "Queue", "AWS::SQS::Queue", "True", "QueueName,"],
        "Tags",
    ]
    assert lines[-1] == "2 will be removed or replaced, with their content: Queue, Alarm"


def test_additions_alone_need_no_warning() -> None:
    assert "replaced" not in format_changes([Change("Add", "A", "", "T", "", ())], io.StringIO())


def test_a_change_set_without_resources_is_explained() -> None:
    assert format_changes([], io.StringIO()).startswith("No resource changes")


def test_a_record_has_every_field() -> None:
    assert QUEUE.record()["logical_id"] == "Queue"
    assert set(QUEUE.record()) == {
        *("action", "logical_id", "physical_id", "type", "replacement", "causes")
    }
