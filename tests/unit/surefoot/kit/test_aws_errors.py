"""What AWS refused, read from real errors of botocore."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError
from botocore.parsers import ResponseParserError

from surefoot.kit.aws_errors import refusal


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
        (client_error("ExpiredToken"), "unidentified", False),
        (client_error("InternalFailure", 500), "unavailable", True),
        (client_error("Odd", 502), "unavailable", True),
        (client_error("InvalidParameterException"), "refused", False),
        (EndpointConnectionError(endpoint_url="http://x"), "unavailable", True),
        (ResponseParserError("<html>"), "unavailable", True),
        (ParamValidationError(report="bad"), "refused", False),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_error_is_of_a_kind_that_says_what_to_do(
    error: Exception, kind: str, retriable: bool
) -> None:
    told = refusal(error, "ecs")
    assert (told.kind, told.retriable) == (kind, retriable)
    assert told.remedy


def test_the_line_names_the_call_the_reason_and_the_remedy() -> None:
    assert str(refusal(client_error("AccessDeniedException"), "ecs")) == (
        "ecs:UpdateService was refused (AccessDeniedException): no; "
        "allow ecs:UpdateService on it in the policy of the role"
    )


def test_an_error_without_an_answer_names_the_service_that_was_called() -> None:
    assert refusal(EndpointConnectionError(endpoint_url="http://x"), "ecs").api == "ecs"
