"""Failed AWS calls, described by API, reason and remedy.

botocore's exceptions are read by their attributes, so that nothing needs botocore to be imported.
Sources: "Common Errors" of the services' API references; botocore/retries/standard.py.
"""

from __future__ import annotations

from .errors import UserError

THROTTLED = frozenset(
    [
        *["Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException"],
        *["TooManyRequestsException", "ProvisionedThroughputExceededException", "SlowDown"],
        *["RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException"],
        *["RequestThrottled", "TransactionInProgressException", "EC2ThrottledException"],
        *["PriorRequestNotComplete"],
    ]
)
DENIED = frozenset(
    [
        *["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"],
        *["UnauthorizedException", "NotAuthorized", "OperationNotPermitted"],
    ]
)
UNAUTHENTICATED = frozenset(
    [
        *["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "AuthFailure"],
        *["UnrecognizedClientException", "SignatureDoesNotMatch", "MissingAuthenticationToken"],
    ]
)
# Of botocore itself: there was nothing to sign with, or nowhere to send to.
_NO_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError")
_NO_REGION = "NoRegionError"
UNAVAILABLE = frozenset(
    [
        *["InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable"],
        *["InternalServerError", "ServiceException", "RequestTimeout", "RequestTimeoutException"],
    ]
)
# Where the IAM action is not called like the API. Source: Service Authorization Reference.
_IAM_ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
}


class AwsError(UserError):
    """A call to AWS that failed.

    `api` is the call as in ``ecs:UpdateService``, `code` and `message` are AWS's. `kind` is
    throttled, denied, unauthenticated, no credentials, no region, unavailable (the service or the
    connection failed) or rejected (the request itself is wrong).
    """

    def __init__(self, api: str, code: str, message: str, kind: str) -> None:
        self.api, self.code, self.message, self.kind = api, code, message, kind
        super().__init__(f"{api} failed ({code}): {message}", _remedy(api, kind))
        self.args = (api, code, message, kind)  # with which pickle creates it again

    @property
    def retriable(self) -> bool:
        """Whether the same call may succeed later without a change."""
        return self.kind in ("throttled", "unavailable")

    @classmethod
    def from_exception(cls, error: BaseException, service: str = "") -> AwsError:
        """Read a botocore exception: a ClientError, or a failed connection without a response.

        :param service: the IAM prefix, which completes the API's name
        """
        operation = str(getattr(error, "operation_name", "") or "")
        api = f"{service}:{operation}" if service and operation else operation or service
        response = getattr(error, "response", None)
        if not isinstance(response, dict):
            # A connection that failed, or a request that botocore itself rejected.
            name = type(error).__name__
            kind = "unavailable" if _is_connection_error(error) else "rejected"
            if name in _NO_CREDENTIALS:
                kind = "no credentials"
            elif name == _NO_REGION:
                kind = "no region"
            return cls(api or "the call", name, str(error), kind)
        described = response.get("Error", {})
        code = str(described.get("Code", "Unknown"))
        message = str(described.get("Message", "")) or "no message"
        return cls(api or "the call", code, message, _classify(code, response))


def is_aws_error(error: BaseException) -> bool:
    """Return whether an exception is botocore's: from AWS or the connection, not a defect here."""
    return any(kind.__module__ == "botocore.exceptions" for kind in type(error).__mro__)


def _remedy(api: str, kind: str) -> str:
    action = _IAM_ACTIONS.get(api, api)
    return {
        "throttled": "the call itself is right: repeat it later, or make fewer at once",
        "denied": f"allow {action} on the resource in the policy of the role",
        "no credentials": "give the function a role; locally pass --env AWS_ACCESS_KEY_ID=… and "
        "the others, or run it with --moto",
        "no region": "set AWS_REGION; locally pass --env AWS_REGION=…, or run it with --moto",
        "unauthenticated": "use valid credentials; these are expired, incomplete or of another "
        "account",
        "unavailable": "repeat it later: the service failed, not the call",
    }.get(kind, "correct what the message names")


def _classify(code: str, response: dict[str, object]) -> str:
    for kind, codes in (
        ("throttled", THROTTLED),
        ("denied", DENIED),
        ("unauthenticated", UNAUTHENTICATED),
        ("unavailable", UNAVAILABLE),
    ):
        if code in codes:
            return kind
    metadata = response.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode", 0) if isinstance(metadata, dict) else 0
    if isinstance(status, int):
        if status == 429:
            return "throttled"
        if status >= 500:
            return "unavailable"
    return "rejected"


def _is_connection_error(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    # ResponseParserError: an HTML page of a proxy, for example, instead of a response.
    return bool(
        names & {"HTTPClientError", "ConnectionError", "TimeoutError", "ResponseParserError"}
    )
