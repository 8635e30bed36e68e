"""A context for tests: a real LambdaContext, built from plausible headers and settings."""

import sys
import time
from itertools import count

from ._payload.marshaller import Marshaller
from ._runtime.config import Config
from ._runtime.context import LambdaContext
from ._runtime_api.invocation import Invocation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from typing_extensions import TypedDict, Unpack

    class Fields(TypedDict, total=False):
        """What a test may say about its invocation; see fake_context()."""

        request_id: str
        function_name: str
        function_version: str
        memory_limit_in_mb: int | str
        log_group_name: str
        log_stream_name: str
        invoked_function_arn: str
        tenant_id: str
        client_context: Mapping[str, Any]
        cognito_identity_id: str
        cognito_identity_pool_id: str


_requests = count(1)

_VARIABLES = {
    "function_name": "AWS_LAMBDA_FUNCTION_NAME",
    "function_version": "AWS_LAMBDA_FUNCTION_VERSION",
    "memory_limit_in_mb": "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "log_group_name": "AWS_LAMBDA_LOG_GROUP_NAME",
    "log_stream_name": "AWS_LAMBDA_LOG_STREAM_NAME",
}
_FIELDS = {
    *_VARIABLES,
    "request_id",
    "invoked_function_arn",
    "tenant_id",
    "client_context",
    "cognito_identity_id",
    "cognito_identity_pool_id",
}


class _Context(LambdaContext):
    """A LambdaContext with a clock of the test's choice."""

    clock: "Callable[[], float]"
    end_ms: int

    def get_remaining_time_in_millis(self) -> int:
        return max(self.end_ms - int(self.clock() * 1000), 0)


def fake_context(
    *,
    timeout: float = 3.0,
    clock: "Callable[[], float]" = time.time,
    **fields: "Unpack[Fields]",
) -> LambdaContext:
    """Return a context as a handler gets it, with plausible values where none are given.

    :param timeout: seconds until the deadline
    :param clock: returns seconds as time.time() does; the remaining time is measured by it
    :param fields: the context's attributes by name (``request_id`` for aws_request_id, the two of
        ``identity`` directly); ``client_context`` as the object that a caller sends, with custom,
        env and client
    :raises TypeError: a field is unknown
    :raises Fault: Runtime.LambdaContextUnmarshalError, client_context is no object
    """
    known = {**_usual(fields.get("function_name", "test-function")), **fields}
    unknown = set(known) - _FIELDS
    if unknown:
        raise TypeError(
            f"a context has no field {', '.join(sorted(unknown))}; its fields are "
            f"{', '.join(sorted(_FIELDS))}."
        )
    end_ms = max(int(clock() * 1000) + round(timeout * 1000), 0)
    dumps = Marshaller().dumps
    headers = {
        "lambda-runtime-aws-request-id": known["request_id"],
        "lambda-runtime-invoked-function-arn": known["invoked_function_arn"],
        "lambda-runtime-deadline-ms": str(end_ms),
    }
    if "tenant_id" in known:
        headers["lambda-runtime-aws-tenant-id"] = known["tenant_id"]
    if "client_context" in known:
        headers["lambda-runtime-client-context"] = str(dumps(known["client_context"]), "utf-8")
    identity = {
        "cognitoIdentityId": known.get("cognito_identity_id"),
        "cognitoIdentityPoolId": known.get("cognito_identity_pool_id"),
    }
    headers["lambda-runtime-cognito-identity"] = str(dumps(identity), "utf-8")
    environ = {variable: str(known[name]) for name, variable in _VARIABLES.items()}
    # Nobody connects to it, but the settings are those of a runtime and include an address.
    config = Config(["test.handler"], {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", **environ})
    context = _Context(Invocation(headers, b""), config, Marshaller().loads, _log)
    context.clock, context.end_ms = clock, end_ms
    return context


def _usual(name: str) -> "dict[str, Any]":
    return {
        "request_id": f"00000000-0000-4000-8000-{next(_requests):012x}",
        "function_name": name,
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "log_group_name": f"/aws/lambda/{name}",
        "log_stream_name": f"2026/01/01/[$LATEST]{'0' * 32}",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
    }


def _log(text: str) -> None:
    # Looked up with each call: pytest replaces it.
    sys.stdout.write(text)
