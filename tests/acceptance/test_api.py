from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Caller


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_function_has_a_name_and_arns(call: Caller) -> None:
    client, name = call.target.client("echo"), call.target.name_of("echo")
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    account = arn.split(":")[4]
    for each in (name, arn, f"{account}:function:{name}", f"{arn}:$LATEST"):
        assert call.invoke("echo", 1, FunctionName=each).json == 1


def test_a_function_that_does_not_exist_is_not_found(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", 1, FunctionName="surefoot-no-such-function")
    assert code_of(caught) == ("ResourceNotFoundException", 404)
    message = caught.value.response["Error"]["Message"]
    assert message.startswith("Function not found: arn:aws:lambda:")
    assert message.endswith(":function:surefoot-no-such-function")


def test_a_version_that_does_not_exist_is_not_found(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", 1, Qualifier="99")
    assert code_of(caught) == ("ResourceNotFoundException", 404)


def test_two_qualifiers_that_differ_are_refused(call: Caller) -> None:
    name = f"{call.target.name_of('echo')}:$LATEST"
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", 1, FunctionName=name, Qualifier="live")
    assert code_of(caught) == ("InvalidParameterValueException", 400)


def test_a_dry_run_runs_nothing(call: Caller) -> None:
    before = call.invoke("fail", {}).json["calls"]
    answer = call.invoke("fail", {}, InvocationType="DryRun")
    assert answer.response["StatusCode"] == 204
    assert call.invoke("fail", {}).json["calls"] == before + 1


def test_a_dry_run_of_an_unknown_function_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("x", 1, FunctionName="surefoot-no-such-function", InvocationType="DryRun")
    assert code_of(caught) == ("ResourceNotFoundException", 404)


def test_a_client_context_that_is_not_base64_json_is_refused(call: Caller) -> None:
    with pytest.raises(ClientError) as caught:
        call.invoke("echo", 1, ClientContext="{}")
    assert code_of(caught) == ("InvalidRequestContentException", 400)


def test_get_function_describes_it(call: Caller) -> None:
    client, name = call.target.client("describe"), call.target.name_of("describe")
    found = client.get_function(FunctionName=name)["Configuration"]
    assert found["MemorySize"] == 256
    assert found["Timeout"] == 30
    assert found["Environment"]["Variables"]["TABLE"] == "orders"
    assert found["State"] == "Active"
    configuration = client.get_function_configuration(FunctionName=name)
    assert configuration["FunctionArn"] == found["FunctionArn"]
    client.get_waiter("function_active_v2").wait(FunctionName=name)


def test_list_functions_has_them_all(call: Caller) -> None:
    client = call.target.client("echo")
    pages = client.get_paginator("list_functions").paginate()
    names = {each["FunctionName"] for page in pages for each in page["Functions"]}
    assert {call.target.name_of(each) for each in ("echo", "fail", "url")} <= names
