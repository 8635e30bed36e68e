"""The context object, without a process around it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from surefoot._runtime.context import LambdaContext
from surefoot.errors import Fault
from tests.unit import fakes

CLIENT = "lambda-runtime-client-context"
IDENTITY = "lambda-runtime-cognito-identity"


def context(
    log: Any = None, headers: dict[str, str] | None = None, **environ: str
) -> LambdaContext:
    return LambdaContext(
        fakes.invocation(headers=headers), fakes.config(**environ), json.loads, log or print
    )


def test_facts_come_from_the_invocation_and_from_the_settings() -> None:
    seen = context(
        headers={
            "lambda-runtime-invoked-function-arn": "arn",
            "lambda-runtime-aws-tenant-id": "tenant",
        },
        AWS_LAMBDA_FUNCTION_NAME="bench",
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE="512",
        AWS_LAMBDA_FUNCTION_VERSION="$LATEST",
        AWS_LAMBDA_LOG_GROUP_NAME="group",
        AWS_LAMBDA_LOG_STREAM_NAME="stream",
    )
    assert seen.aws_request_id == fakes.REQUEST_ID
    assert (seen.invoked_function_arn, seen.tenant_id) == ("arn", "tenant")
    assert (seen.function_name, seen.function_version) == ("bench", "$LATEST")
    assert seen.memory_limit_in_mb == "512"
    assert (seen.log_group_name, seen.log_stream_name) == ("group", "stream")


def test_the_identity_is_always_there_and_the_client_context_only_when_sent() -> None:
    seen = context()
    assert (seen.client_context, seen.w3c()) == (None, {})
    assert seen.identity.cognito_identity_id is seen.identity.cognito_identity_pool_id is None
    assert "client_context=None" in repr(seen)


def test_a_client_context_shows_the_names_it_knows() -> None:
    sent = {
        "custom": {"a": 1},
        "env": {"locale": "sv"},
        "client": {"app_title": "App", "unknown": 1},
        "unknown": 2,
        "w3c": {"traceparent": "00-1", "baggage": 3, "other": "x"},
    }
    seen = context(headers={CLIENT: json.dumps(sent)})
    assert seen.client_context is not None
    assert seen.client_context.client is not None
    assert (seen.client_context.custom, seen.client_context.env) == ({"a": 1}, {"locale": "sv"})
    assert seen.client_context.client.app_title == "App"
    assert not hasattr(seen.client_context, "unknown")
    assert not hasattr(seen.client_context.client, "unknown")
    assert seen.w3c() == {"traceparent": "00-1"}


def test_a_cognito_identity() -> None:
    sent = '{"cognitoIdentityId": "one", "cognitoIdentityPoolId": "two"}'
    seen = context(headers={IDENTITY: sent}).identity
    assert (seen.cognito_identity_id, seen.cognito_identity_pool_id) == ("one", "two")
    assert repr(seen) == ("CognitoIdentity([cognito_identity_id=one,cognito_identity_pool_id=two])")


@pytest.mark.parametrize("header", [CLIENT, IDENTITY])
def test_a_null_header_is_an_absent_one(header: str) -> None:
    seen = context(headers={header: "null"})
    assert (seen.client_context, seen.identity.cognito_identity_id) == (None, None)


@pytest.mark.parametrize("value", ["{", "[]", "5", '"text"'])
@pytest.mark.parametrize(("header", "name"), [(CLIENT, "Client Context"), (IDENTITY, "Cognito")])
def test_a_header_that_is_no_object_is_a_fault_by_name(header: str, name: str, value: str) -> None:
    with pytest.raises(Fault, match=f"Unable to parse {name}.* JSON: ") as caught:
        context(headers={header: value})
    assert caught.value.kind == "Runtime.LambdaContextUnmarshalError"


def test_the_time_that_remains_is_a_whole_number_never_below_zero() -> None:
    soon = int(time.time() * 1000) + 60_000
    left = context(headers={"lambda-runtime-deadline-ms": str(soon)}).get_remaining_time_in_millis()
    assert isinstance(left, int)
    assert 0 < left <= 60_000
    assert context(headers={"lambda-runtime-deadline-ms": "1"}).get_remaining_time_in_millis() == 0
    assert context().get_remaining_time_in_millis() == 0


def test_log_writes_the_text_of_anything_as_it_is() -> None:
    written: list[str] = []
    context(written.append).log({"a": 1})
    assert written == ["{'a': 1}"]
