"""The context object is the same object, for every header that makes it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.framing import Text
from tests.support.invocation import Invocation

ALL_OF_CLIENT = {
    "client": {
        "installation_id": "i",
        "app_title": "t",
        "app_version_name": "n",
        "app_version_code": 5,
        "app_package_name": "p",
        "unknown": "dropped",
    },
    "custom": {"key": ["é", 1.5, None]},
    "env": {"locale": "sv"},
    "services": "dropped",
}
W3C = {
    "w3c": {"traceparent": "00-1", "tracestate": "a=b", "baggage": 5, "other": "dropped"},
    "custom": {"w3c": "stays"},
}

CLIENT_CONTEXTS: dict[str, object] = {
    "complete": ALL_OF_CLIENT,
    "empty": {},
    "custom-only": {"custom": "text"},
    "client-empty": {"client": {}},
    "client-null": {"client": None},
    "null": None,
    "w3c": W3C,
    "w3c-no-object": {"w3c": "text"},
    "w3c-empty": {"w3c": {}},
}
IDENTITIES: dict[str, object] = {
    "complete": {"cognitoIdentityId": "id", "cognitoIdentityPoolId": "pool", "more": 1},
    "part": {"cognitoIdentityId": "id"},
    "empty": {},
    "null": None,
    "python-names": {"cognito_identity_id": "id"},
}
CLIENT, IDENTITY = "Lambda-Runtime-Client-Context", "Lambda-Runtime-Cognito-Identity"
TRACE, TENANT = "Lambda-Runtime-Trace-Id", "Lambda-Runtime-Aws-Tenant-Id"
DEADLINE, ARN = "Lambda-Runtime-Deadline-Ms", "Lambda-Runtime-Invoked-Function-Arn"

HEADERS: dict[str, Mapping[str, Text | None]] = {
    "usual": {},
    **{f"client-{name}": {CLIENT: json.dumps(value)} for name, value in CLIENT_CONTEXTS.items()},
    **{f"identity-{name}": {IDENTITY: json.dumps(value)} for name, value in IDENTITIES.items()},
    "client-broken": {CLIENT: "{"},
    "client-single-quotes": {CLIENT: "{'a': 1}"},
    "client-blank": {CLIENT: ""},
    "identity-blank": {IDENTITY: ""},
    "identity-broken": {IDENTITY: "nope"},
    "identity-trailing": {IDENTITY: "{} x"},
    "both-broken": {CLIENT: "x", IDENTITY: "y"},
    "trace": {TRACE: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"},
    "trace-removed-again": {},
    "trace-again": {TRACE: "Root=2"},
    "trace-blank": {TRACE: ""},
    "tenant": {TENANT: "blue"},
    "tenant-blank": {TENANT: ""},
    "tenant-removed-again": {},
    "no-arn": {ARN: None},
    "arn-blank": {ARN: ""},
    "other-arn": {ARN: "arn:aws:lambda:eu-north-1:1:function:x:alias"},
    "deadline-past": {DEADLINE: "1"},
    "deadline-now-ish": {DEADLINE: "1000000000000"},
    "invocation-id": {"Lambda-Runtime-Invocation-Id": "inv-1"},
    "invocation-id-blank": {"Lambda-Runtime-Invocation-Id": ""},
    "unknown-header": {"Lambda-Runtime-Something": "new"},
    "lower-case-names": {CLIENT.lower(): '{"custom": 1}', TRACE.upper(): "Root=3"},
}
INVOCATIONS = {
    name: Invocation(json.dumps(name).encode(), headers=headers)
    for name, headers in HEADERS.items()
}
BARE = dict.fromkeys(
    [
        *["AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_LOG_GROUP_NAME"],
        *["AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT"],
    ]
)
USUAL = Scenario("contexts", "contexts.handler", tuple(INVOCATIONS.values()))
WITHOUT = Scenario("contexts without variables", "contexts.handler", environ=BARE)
SCENARIOS = [USUAL, WITHOUT]


@pytest.mark.parametrize("case", INVOCATIONS)
def test_contexts_are_alike(pairs: Pairs, case: str) -> None:
    pair = pairs.run(USUAL)
    expected = comparable.post(pair.awslambdaric.post(INVOCATIONS[case]))
    assert comparable.post(pair.surefoot.post(INVOCATIONS[case])) == expected


def test_refused_contexts_are_logged_alike(pairs: Pairs) -> None:
    pair = pairs.run(USUAL)
    expected = comparable.log(pair.awslambdaric.outcome)
    assert comparable.log(pair.surefoot.outcome) == expected


def test_missing_variables_are_none_alike(pairs: Pairs) -> None:
    pair = pairs.run(WITHOUT)
    (invocation,) = WITHOUT.script
    expected = comparable.post(pair.awslambdaric.post(invocation))
    assert comparable.post(pair.surefoot.post(invocation)) == expected
