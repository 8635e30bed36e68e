"""The context's classes under their names in awslambdaric.lambda_context.

Annotations name LambdaContext, checks ask isinstance(), unit tests make one with AWS's arguments:
each of them works.
"""

import posix
import sys

from .._runtime import context as ours

Client = ours.Client
ClientContext = ours.ClientContext
CognitoIdentity = ours.CognitoIdentity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Meta(type):
    """Makes the runtime's own contexts instances of the class below."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, ours.LambdaContext)


class LambdaContext(ours.LambdaContext, metaclass=_Meta):
    """A context as AWS's client makes it, from the headers' parsed JSON and the environment."""

    def __init__(
        self,
        invoke_id: str,
        client_context: "dict[str, Any] | None",
        cognito_identity: "dict[str, Any] | None",
        epoch_deadline_time_in_ms: int,
        invoked_function_arn: str | None = None,
        tenant_id: str | None = None,
    ) -> None:
        """Build a context.

        :param invoke_id: the request id
        :param client_context: as the caller sent it: custom, env, client
        :param cognito_identity: cognitoIdentityId, cognitoIdentityPoolId
        """
        self.aws_request_id = invoke_id
        self.invoked_function_arn = invoked_function_arn  # type: ignore[assignment]
        self.tenant_id = tenant_id
        self.log_group_name = _variable("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = _variable("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = _variable("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = _variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = _variable("AWS_LAMBDA_FUNCTION_VERSION")
        self._epoch_deadline_time_in_ms = epoch_deadline_time_in_ms
        self._log = _write
        self._w3c_fields = {}
        self.client_context = None
        if client_context is not None:
            self._w3c_fields = ours._w3c(client_context.pop("w3c", None))  # noqa: SLF001
            self.client_context = ClientContext(client_context)
            client = client_context.get("client")
            if client is not None:
                self.client_context.client = Client(client)
        sent = cognito_identity or {}
        names = {"cognito_identity_id": "cognitoIdentityId"}
        names["cognito_identity_pool_id"] = "cognitoIdentityPoolId"
        self.identity = CognitoIdentity({name: sent.get(aws) for name, aws in names.items()})


def _variable(name: str) -> "Any":
    value = posix.environ.get(name.encode())
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _write(text: str) -> None:
    sys.stdout.write(text)
