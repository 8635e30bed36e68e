"""The context object that a handler gets, attribute for attribute like awslambdaric's."""

import time

from .._runtime_api.invocation import Invocation
from ..errors import CONTEXT_UNMARSHAL_ERROR, Fault
from .config import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# The W3C trace context travels inside the client context; nothing else under that key is shown.
_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


class _Record:
    """Named values and nothing else; unknown names from outside are dropped."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, values: "dict[str, Any]") -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self) -> str:
        shown = ",".join(f"{name}={getattr(self, name)}" for name in self.__slots__)
        return f"{type(self).__name__}([{shown}])"


class CognitoIdentity(_Record):
    """Who called, when the caller came through Amazon Cognito; else both are None."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")
    cognito_identity_id: str | None
    cognito_identity_pool_id: str | None

    def __init__(self, values: "dict[str, Any]") -> None:
        # By name: each invocation makes one, nearly always without values.
        self.cognito_identity_id = values.get("cognito_identity_id")
        self.cognito_identity_pool_id = values.get("cognito_identity_pool_id")


class Client(_Record):
    """The calling mobile application."""

    __slots__ = (
        "installation_id",
        "app_title",
        "app_version_name",
        "app_version_code",
        "app_package_name",
    )
    installation_id: str
    app_title: str
    app_version_name: str
    app_version_code: str
    app_package_name: str


class ClientContext(_Record):
    """What a mobile application sent along with the event."""

    __slots__ = ("custom", "env", "client")
    custom: "dict[str, Any] | None"
    env: "dict[str, Any] | None"
    client: "Client | None"


class LambdaContext:
    """Facts about the invocation and the function.

    ``memory_limit_in_mb`` is a str, as everywhere on Lambda. Source of the attributes: AWS Lambda
    Developer Guide, "Using the Lambda context object to retrieve Python function information".
    """

    client_context: ClientContext | None
    identity: CognitoIdentity
    # Lambda always sets what these show; outside of Lambda one may be None, as with awslambdaric.
    log_group_name: str
    log_stream_name: str
    function_name: str
    memory_limit_in_mb: str
    function_version: str

    def __init__(
        self,
        invocation: Invocation,
        config: Config,
        loads: "Callable[[str], Any]",
        log: "Callable[[str], None]",
    ) -> None:
        """Build the context of one invocation.

        :param loads: parses the JSON headers
        :param log: where log() writes
        :raises Fault: Runtime.LambdaContextUnmarshalError, a JSON header is malformed
        """
        self.aws_request_id = invocation.request_id
        self.log_group_name = config.log_group_name  # type: ignore[assignment]
        self.log_stream_name = config.log_stream_name  # type: ignore[assignment]
        self.function_name = config.function_name  # type: ignore[assignment]
        self.memory_limit_in_mb = config.memory_limit_in_mb  # type: ignore[assignment]
        self.function_version = config.function_version  # type: ignore[assignment]
        self.invoked_function_arn = invocation.function_arn
        self.tenant_id = invocation.tenant_id
        self._epoch_deadline_time_in_ms = invocation.deadline_ms
        self._log = log
        self._w3c_fields: dict[str, str] = {}
        self.client_context = None
        if invocation.client_context:
            fields = _header(loads, invocation.client_context, "Client Context")
            if fields is not None:
                self._w3c_fields = _w3c(fields.pop("w3c", None))
                self.client_context = ClientContext(fields)
                client = fields.get("client")
                if client is not None:
                    self.client_context.client = Client(_object(client, "Client Context client"))
        identity: dict[str, Any] = {}
        if invocation.cognito_identity:
            sent = _header(loads, invocation.cognito_identity, "Cognito Identity") or {}
            identity["cognito_identity_id"] = sent.get("cognitoIdentityId")
            identity["cognito_identity_pool_id"] = sent.get("cognitoIdentityPoolId")
        self.identity = CognitoIdentity(identity)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before Lambda ends the invocation, never below 0."""
        left = self._epoch_deadline_time_in_ms - int(time.time() * 1000)
        return max(left, 0)

    def log(self, msg: object) -> None:
        """Write ``msg`` to the function's log, as it is."""
        self._log(str(msg))

    def w3c(self) -> dict[str, str]:
        """Return the W3C trace-context fields that came with the invocation."""
        return dict(self._w3c_fields)

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        shown = ",".join(f"{name}={getattr(self, name)}" for name in names)
        return f"{type(self).__name__}([{shown}])"


def _header(loads: "Callable[[str], Any]", text: str, name: str) -> "dict[str, Any] | None":
    try:
        value = loads(text)
    except Exception as fault:
        try:
            # awslambdaric reads these two headers, and only these, with the json package.
            import json

            value = json.loads(text)
        except Exception as error:
            # Its words, unless there is no such package, or one of the function's own.
            reason = error if isinstance(error, ValueError) else fault
            message = f"Unable to parse {name} JSON: {reason}"
            raise Fault(CONTEXT_UNMARSHAL_ERROR, message) from None
    return None if value is None else _object(value, name)


def _object(value: object, name: str) -> "dict[str, Any]":
    if isinstance(value, dict):
        return value
    raise Fault(
        CONTEXT_UNMARSHAL_ERROR,
        f"Unable to parse {name} JSON: expected an object, got {type(value).__name__}",
    )


def _w3c(sent: object) -> dict[str, str]:
    if not isinstance(sent, dict):
        return {}
    return {name: sent[name] for name in _W3C_FIELDS if isinstance(sent.get(name), str)}
