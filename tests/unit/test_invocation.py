"""One invocation taken apart."""

from __future__ import annotations

import pytest

from surefoot.errors import RemoteProtocolError
from surefoot.invocation import Invocation
from tests.unit import fakes


def test_every_header_has_its_place() -> None:
    headers = {
        "lambda-runtime-aws-request-id": "id",
        "lambda-runtime-deadline-ms": "1700000000123",
        "lambda-runtime-invoked-function-arn": "arn",
        "lambda-runtime-trace-id": "Root=1",
        "lambda-runtime-client-context": "{}",
        "lambda-runtime-cognito-identity": "{}",
        "lambda-runtime-aws-tenant-id": "tenant",
        "lambda-runtime-invocation-id": "n-1",
        "content-type": "text/plain",
    }
    seen = Invocation(headers, b"event")
    assert [getattr(seen, name) for name in sorted(Invocation.__slots__)] == [
        *[b"event", "{}", "{}", "text/plain", 1700000000123],
        *["arn", "n-1", "id", "tenant", "Root=1"],
    ]


def test_only_the_request_id_is_needed() -> None:
    seen = Invocation({"lambda-runtime-aws-request-id": "id"}, b"")
    assert (seen.deadline_ms, seen.function_arn) == (0, "")
    assert seen.trace_id is seen.tenant_id is seen.invocation_id is seen.content_type is None


@pytest.mark.parametrize("headers", [{}, {"lambda-runtime-aws-request-id": ""}])
def test_without_a_request_id_nothing_could_be_answered(headers: dict[str, str]) -> None:
    with pytest.raises(RemoteProtocolError, match="without Lambda-Runtime-Aws-Request-Id"):
        Invocation(headers, b"")


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "1e3", "٣", "9" * 20, "9" * 5000])
def test_a_deadline_that_is_no_time_leaves_nothing(value: str) -> None:
    assert fakes.invocation(headers={"lambda-runtime-deadline-ms": value}).deadline_ms == 0
