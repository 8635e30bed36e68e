from __future__ import annotations

import pytest

from tests.acceptance.conftest import Answer, Caller


def request_id_of(answer: Answer) -> str:
    return str(answer.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"])


@pytest.mark.official
def test_an_exception_has_type_message_and_trace(call: Caller) -> None:
    answer = call.invoke("fail", {"how": "raise"})
    assert answer.json["errorType"] == "LookupError"
    assert answer.json["errorMessage"] == "no such order: 42"
    assert answer.json["requestId"]
    assert "in fail" in answer.json["stackTrace"][-1]


def test_an_exception_is_unhandled_under_status_200(call: Caller) -> None:
    answer = call.invoke("fail", {"how": "raise"})
    assert (answer.response["StatusCode"], answer.error) == (200, "Unhandled")
    assert answer.json["requestId"] == request_id_of(answer)


def test_an_answer_that_is_no_error_has_no_function_error(call: Caller) -> None:
    assert call.invoke("fail", {}).error is None


def test_an_exception_keeps_the_process(call: Caller) -> None:
    before = call.invoke("fail", {}).json
    call.invoke("fail", {"how": "raise"})
    after = call.invoke("fail", {}).json
    assert after["started_ns"] == before["started_ns"]
    assert after["calls"] == before["calls"] + 2


@pytest.mark.official
def test_what_cannot_be_json_is_a_marshal_error(call: Caller) -> None:
    answer = call.invoke("fail", {"how": "unserialisable"})
    assert answer.json["errorType"] == "Runtime.MarshalError"
    assert "datetime is not JSON serializable" in answer.json["errorMessage"]


@pytest.mark.parametrize(
    ("status", "text"),
    [(0, "Runtime exited without providing a reason"), (7, "exit status 7")],
)
def test_a_process_that_ends_is_an_exit_error(call: Caller, status: int, text: str) -> None:
    answer = call.invoke("fail", {"how": "exit", "status": status})
    assert answer.error == "Unhandled"
    assert answer.json["errorType"] == "Runtime.ExitError"
    message = answer.json["errorMessage"]
    assert message.startswith(f"RequestId: {request_id_of(answer)} Error: Runtime exited")
    assert message.endswith(text)


def test_a_process_that_ended_is_replaced(call: Caller) -> None:
    before = call.invoke("fail", {}).json
    call.invoke("fail", {"how": "exit", "status": 1})
    after = call.invoke("fail", {}).json
    assert after["calls"] == 1
    assert after["started_ns"] > before["started_ns"]


@pytest.mark.official
def test_sys_exit_is_reported(call: Caller) -> None:
    assert call.invoke("fail", {"how": "sys.exit"}).json["errorType"] == "SystemExit"


def test_a_time_out_is_reported_and_the_state_is_lost(call: Caller) -> None:
    before = call.invoke("slow", {}).json
    answer = call.invoke("slow", {"how": "hang"})
    assert answer.error == "Unhandled"
    assert answer.json == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id_of(answer)} Error: Task timed out after "
        "3.00 seconds",
    }
    after = call.invoke("slow", {}).json
    assert (after["calls"], after["started_ns"] > before["started_ns"]) == (1, True)


def test_an_import_that_fails_is_reported_without_a_request_id(call: Caller) -> None:
    answer = call.invoke("broken", {})
    assert answer.error == "Unhandled"
    assert answer.json["errorType"] == "Runtime.ImportModuleError"
    assert "surely_not_installed" in answer.json["errorMessage"]
    assert answer.json["requestId"] == ""


def test_an_import_that_fails_fails_each_time(call: Caller) -> None:
    answers = [call.invoke("broken", {}).json["errorType"] for _ in range(2)]
    assert answers == ["Runtime.ImportModuleError"] * 2


def test_a_handler_that_is_missing_is_named(call: Caller) -> None:
    answer = call.invoke("misspelt", {})
    assert answer.json["errorType"] == "Runtime.HandlerNotFound"
    assert "no_such_handler" in answer.json["errorMessage"]
