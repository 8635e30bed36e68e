from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.conftest import Answer, Caller
from tests.acceptance.functions import RESERVING


def test_invocations_that_overlap_run_in_processes_of_their_own(call: Caller) -> None:
    call.need_concurrency(3)
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(call.invoke, "meet", {"seconds": 2}) for _ in range(3)]
        started = {each.result().json["started_ns"] for each in running}
    assert len(started) == 3


def test_many_callers_get_their_own_answers(call: Caller) -> None:
    call.need_concurrency(20)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda number: call.invoke("echo", number).json, range(200)))
    assert answers == list(range(200))


def test_reserved_concurrency_throttles(call: Caller) -> None:
    call.need_concurrency(RESERVING)
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(_try, call) for _ in range(4)]
        results = [each.result() for each in running]
    answered = [each for each in results if isinstance(each, Answer)]
    refused = [each for each in results if isinstance(each, ClientError)]
    assert answered
    assert refused
    for error in refused:
        assert error.response["Error"]["Code"] == "TooManyRequestsException"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def _try(call: Caller) -> Answer | ClientError:
    try:
        return call.invoke("alone", {"seconds": 2})
    except ClientError as error:
        return error


def test_a_function_that_was_throttled_works_again(call: Caller) -> None:
    assert call.invoke("alone", {"seconds": 0}).error is None


@pytest.mark.official
def test_one_caller_after_the_other_is_served(call: Caller) -> None:
    assert [call.invoke("echo", number).json for number in range(20)] == list(range(20))
