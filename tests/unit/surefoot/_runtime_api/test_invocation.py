"""One invocation taken apart."""

from __future__ import annotations

import signal
from datetime import datetime, timezone

import pytest

from surefoot._runtime_api.invocation import Invocation
from surefoot.errors import RemoteProtocolError
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


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "1e3", "٣", "0", "0" * 5000])
def test_a_deadline_that_is_no_time_leaves_nothing(value: str) -> None:
    assert fakes.invocation(headers={"lambda-runtime-deadline-ms": value}).deadline_ms == 0


@pytest.mark.parametrize("digits", [13, 14, 15, 16, 18, 19, 20, 400, 5000])
def test_a_deadline_beyond_all_clocks_is_far_and_breaks_none_of_them(digits: int) -> None:
    deadline = fakes.invocation(headers={"lambda-runtime-deadline-ms": "9" * digits}).deadline_ms
    assert datetime.fromtimestamp(deadline / 1000, timezone.utc).year == 2199
    previous = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        signal.setitimer(signal.ITIMER_REAL, deadline / 1000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_leading_zeros_do_not_make_a_deadline_far() -> None:
    value = "0" * 5000 + "1700000000123"
    headers = {"lambda-runtime-deadline-ms": value}
    assert fakes.invocation(headers=headers).deadline_ms == 1700000000123


def test_an_empty_header_is_none() -> None:
    names = [
        *["deadline-ms", "invoked-function-arn", "trace-id", "client-context", "cognito-identity"],
        *["aws-tenant-id", "invocation-id"],
    ]
    seen = Invocation(
        {
            "lambda-runtime-aws-request-id": "id",
            "content-type": "",
            **{f"lambda-runtime-{name}": "" for name in names},
        },
        b"",
    )
    bare = Invocation({"lambda-runtime-aws-request-id": "id"}, b"")
    assert [getattr(seen, name) for name in Invocation.__slots__] == [
        getattr(bare, name) for name in Invocation.__slots__
    ]


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("7258118399998", 7_258_118_399_998),
        ("7258118399999", 7_258_118_399_999),
        ("7258118400000", 7_258_118_399_999),
        ("0007258118399998", 7_258_118_399_998),
        ("10000000000000", 7_258_118_399_999),
        ("9" * 5000, 7_258_118_399_999),
    ],
)
def test_no_deadline_is_later_than_the_end_of_the_year_2199(sent: str, taken: int) -> None:
    assert fakes.invocation(headers={"lambda-runtime-deadline-ms": sent}).deadline_ms == taken
