"""Failed AWS calls, read from real botocore exceptions."""

from __future__ import annotations

import pickle

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from botocore.parsers import ResponseParserError

from surefoot.kit.aws_errors import AwsError, is_aws_error


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {
                "RequestId": "r",
                "HostId": "h",
                "HTTPStatusCode": status,
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "UpdateService",
    )


@pytest.mark.parametrize(
    ("error", "kind", "retriable"),
    [
        (client_error("ThrottlingException"), "throttled", True),
        (client_error("RequestLimitExceeded", 503), "throttled", True),
        (client_error("Odd", 429), "throttled", True),
        (client_error("AccessDeniedException"), "denied", False),
        (client_error("UnauthorizedOperation", 403), "denied", False),
        (client_error("ExpiredToken"), "unauthenticated", False),
        (client_error("InternalFailure", 500), "unavailable", True),
        (client_error("Odd", 502), "unavailable", True),
        (client_error("InvalidParameterException"), "rejected", False),
        (EndpointConnectionError(endpoint_url="http://x"), "unavailable", True),
        (ResponseParserError("<html>"), "unavailable", True),
        (ParamValidationError(report="bad"), "rejected", False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_error_is_of_a_kind_that_says_what_to_do(
    error: Exception, kind: str, retriable: bool
) -> None:
    failure = AwsError.from_exception(error, "ecs")
    assert (failure.kind, failure.retriable) == (kind, retriable)
    assert failure.remedy


def test_the_line_names_the_call_the_reason_and_the_remedy() -> None:
    assert str(AwsError.from_exception(client_error("AccessDeniedException"), "ecs")) == (
        "ecs:UpdateService failed (AccessDeniedException): no; "
        "allow ecs:UpdateService on the resource in the policy of the role"
    )


def test_an_error_without_an_answer_names_the_service_that_was_called() -> None:
    assert (
        AwsError.from_exception(EndpointConnectionError(endpoint_url="http://x"), "ecs").api
        == "ecs"
    )


@pytest.mark.parametrize(
    ("operation", "service", "action"),
    [
        ("Invoke", "lambda", "lambda:InvokeFunction"),
        ("HeadObject", "s3", "s3:GetObject"),
        ("ListObjectsV2", "s3", "s3:ListBucket"),
        ("UpdateService", "ecs", "ecs:UpdateService"),
    ],
)
def test_the_remedy_of_a_denied_call_names_the_iam_action(
    operation: str, service: str, action: str
) -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
    assert f"allow {action} on" in AwsError.from_exception(error, service).remedy


def test_botocore_exceptions_are_told_from_defects() -> None:
    assert is_aws_error(client_error("Throttling"))
    assert is_aws_error(EndpointConnectionError(endpoint_url="http://x"))
    assert not is_aws_error(KeyError("Throttling"))


def test_an_error_survives_the_way_between_processes() -> None:
    error = AwsError.from_exception(client_error("Throttling"), "ecs")
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(copied), copied.kind) == (str(error), "throttled")
