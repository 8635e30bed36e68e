"""Change sets: what they would do, what is lost by that, and that each is executed once."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_deploy import change_set
from cdk_deploy.errors import RequestError
from tests.unit.functions.fake_aws import Client, error

STACK, NAME = "nightly", "surefoot-1"


def change(
    action: str = "Modify", kind: str = "AWS::DocDB::DBCluster", replacement: str | None = "False"
) -> dict[str, Any]:
    found = {"Action": action, "LogicalResourceId": "R", "ResourceType": kind}
    return {"ResourceChange": {**found, **({"Replacement": replacement} if replacement else {})}}


def described(execution: str = "AVAILABLE", *changes: Any, **more: Any) -> dict[str, Any]:
    return {"ExecutionStatus": execution, "ChangeSetId": "arn:1", "Changes": changes, **more}


def client(*pages: Any) -> Any:
    return Client({"describe_change_set": list(pages)})


def test_all_pages_are_read() -> None:
    found = client(described("AVAILABLE", change()), described("X", change("Add", "AWS::X::Y")))
    read = change_set.find(found, STACK, NAME)
    assert read is not None
    assert (read.name, read.id, read.execution, read.reason) == (NAME, "arn:1", "AVAILABLE", "")
    assert [each["action"] for each in read.changes] == ["Modify", "Add"]
    assert found.calls == [
        ("describe_change_set", {"ChangeSetName": NAME, "StackName": STACK}),
    ]


def test_what_is_not_there_is_none() -> None:
    for code in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
        missing: Any = Client({"describe_change_set": error(code)})
        assert change_set.find(missing, STACK, NAME) is None
    gone = error("ValidationError")
    gone.args = ("Stack [nightly] does not exist",)
    no_stack: Any = Client({"describe_change_set": gone})
    assert change_set.find(no_stack, STACK, NAME) is None
    assert change_set.find(client(), STACK, NAME) is None
    for other in ("ValidationError", "AccessDenied"):
        refused: Any = Client({"describe_change_set": error(other)})
        with pytest.raises(ClientError, match=other):
            change_set.find(refused, STACK, NAME)


@pytest.mark.parametrize(
    ("changed", "lost"),
    [
        (change(), False),
        (change(replacement=None), False),
        (change(replacement="True"), True),
        (change(replacement="Conditional"), True),
        (change("Remove"), True),
        (change("Remove", replacement=None), True),
        (change("Remove", "AWS::DocDB::DBInstance"), False),
        (change("Remove", "AWS::ECS::Service"), False),
        (change("Remove", "AWS::S3::Bucket"), True),
        (change("Modify", "AWS::ECS::Service", "True"), False),
    ],
)
def test_what_holds_data_is_lost_if_it_is_removed_or_replaced(changed: Any, lost: bool) -> None:
    read = change_set.find(client(described("AVAILABLE", changed)), STACK, NAME)
    assert read is not None
    kind = changed["ResourceChange"]["ResourceType"]
    assert read.losses == ([f"{kind} R"] if lost else [])


def test_a_digest_is_of_the_changes_and_not_of_the_id() -> None:
    first = change_set.find(client(described("AVAILABLE", change())), STACK, NAME)
    again = change_set.find(client(described("X", change(), ChangeSetId="2")), STACK, NAME)
    other = change_set.find(client(described("AVAILABLE", change("Remove"))), STACK, NAME)
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.digest == again.digest != other.digest


def test_a_name_is_of_stack_and_context() -> None:
    name = change_set.name_for(STACK, {"a": "1", "b": "2"})
    assert name == change_set.name_for(STACK, {"b": "2", "a": "1"})
    assert len({name, change_set.name_for(STACK, {"a": "1"}), change_set.name_for("x", {})}) == 3
    assert len(name) == len("surefoot-") + 32


@pytest.mark.parametrize(
    ("execution", "expected"), [("EXECUTE_IN_PROGRESS", True), ("AVAILABLE", False)]
)
def test_an_execution_may_be_going_on(execution: str, expected: bool) -> None:
    found = change_set.find(client(described(execution)), STACK, NAME)
    assert change_set.is_being_executed(found) is expected
    assert change_set.is_being_executed(None) is False


def test_it_is_executed_by_its_id_and_with_a_token_of_it() -> None:
    deployer: Any = Client({"execute_change_set": {}})
    assert change_set.execute(client(described()), deployer, STACK, NAME)
    other: Any = Client({"execute_change_set": {}})
    assert change_set.execute(client(described(ChangeSetId="arn:2")), other, STACK, NAME)
    (first,), (second,) = deployer.calls, other.calls
    assert (first[1]["StackName"], first[1]["ChangeSetName"]) == (STACK, "arn:1")
    assert first[1]["ClientRequestToken"] != second[1]["ClientRequestToken"]
    unnamed: Any = Client({"execute_change_set": {}})
    assert change_set.execute(client(described(ChangeSetId="")), unnamed, STACK, NAME)
    assert unnamed.calls[0][1]["ChangeSetName"] == NAME


@pytest.mark.parametrize("execution", ["EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE"])
def test_what_was_executed_is_not_executed_again(execution: str) -> None:
    deployer: Any = Client({})
    assert not change_set.execute(client(described(execution)), deployer, STACK, NAME)
    assert deployer.calls == []


@pytest.mark.parametrize(("approved", "fits"), [("", True), ("other", False)])
def test_only_what_was_approved_is_executed(approved: str, fits: bool) -> None:
    deployer: Any = Client({"execute_change_set": {}})
    found = client(described("AVAILABLE", change()))
    if fits:
        assert change_set.execute(found, deployer, STACK, NAME, approved)
    else:
        with pytest.raises(RequestError, match="prepared again, and its changes are others"):
            change_set.execute(found, deployer, STACK, NAME, approved)
    assert len(deployer.calls) == fits


def test_another_invocation_may_be_faster() -> None:
    pages = iter([[described()], [described("EXECUTE_COMPLETE")]])
    found: Any = Client({"describe_change_set": lambda **_: next(pages)})
    deployer: Any = Client({"execute_change_set": error("InvalidChangeSetStatus")})
    assert not change_set.execute(found, deployer, STACK, NAME)


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidChangeSetStatus"])
def test_an_execution_that_is_refused_is_an_error(code: str) -> None:
    deployer: Any = Client({"execute_change_set": error(code)})
    with pytest.raises(ClientError, match=code):
        change_set.execute(client(described()), deployer, STACK, NAME)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            client(described("UNAVAILABLE", StatusReason="no changes")),
            r"UNAVAILABLE \(no changes\)",
        ),
        (client(described("OBSOLETE")), "is OBSOLETE; prepare a new one"),
        (client(), "the stack nightly has no change set surefoot-1; prepare one first"),
    ],
)
def test_what_cannot_be_executed_is_an_error(found: Any, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        change_set.execute(found, Client({}), STACK, NAME)  # type: ignore[arg-type]
