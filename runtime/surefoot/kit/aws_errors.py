"""What an AWS API refused, in words that name the call, the reason and the remedy.

botocore's errors are read by their attributes, so that nothing needs botocore to be imported.
Sources: "Common Errors" of the services' API references; botocore/retries/standard.py.
"""

from __future__ import annotations

from dataclasses import dataclass

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
UNIDENTIFIED = frozenset(
    [
        *["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "AuthFailure"],
        *["UnrecognizedClientException", "SignatureDoesNotMatch", "MissingAuthenticationToken"],
    ]
)
UNAVAILABLE = frozenset(
    [
        *["InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable"],
        *["InternalServerError", "ServiceException", "RequestTimeout", "RequestTimeoutException"],
    ]
)


@dataclass(frozen=True)
class Refusal:
    """One refused call. `kind` is throttled, denied, unidentified, unavailable or refused."""

    api: str  # as in an IAM policy, ecs:UpdateService
    code: str
    message: str
    kind: str

    @property
    def retriable(self) -> bool:
        """Whether the same call may succeed later without anybody mending anything."""
        return self.kind in ("throttled", "unavailable")

    @property
    def remedy(self) -> str:
        """What to do about it, one clause."""
        if self.kind == "throttled":
            return "nothing is wrong with the call: repeat it later, or make fewer at once"
        if self.kind == "denied":
            return f"allow {self.api} on it in the policy of the role"
        if self.kind == "unidentified":
            return "use valid credentials; those at hand are expired, incomplete or of elsewhere"
        if self.kind == "unavailable":
            return "repeat it later: the service failed, not the call"
        return "correct what the message names"

    def __str__(self) -> str:
        """API, code, message and remedy in one line."""
        return f"{self.api} was refused ({self.code}): {self.message}; {self.remedy}"


def refusal(error: BaseException, service: str = "") -> Refusal:
    """Read a botocore error: ClientError, or one of the connection, which has no answer.

    :param service: the IAM prefix, where the API's name is to be complete
    """
    operation = str(getattr(error, "operation_name", "") or "")
    api = f"{service}:{operation}" if service and operation else operation or service or "the call"
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        # No answer at all: a connection that failed, or the client's own checks.
        kind = "unavailable" if _of_the_connection(error) else "refused"
        return Refusal(api, type(error).__name__, str(error), kind)
    told = response.get("Error", {})
    code = str(told.get("Code", "Unknown"))
    return Refusal(api, code, str(told.get("Message", "")) or "no message", _kind(code, response))


def _kind(code: str, response: dict[str, object]) -> str:
    for kind, codes in (
        ("throttled", THROTTLED),
        ("denied", DENIED),
        ("unidentified", UNIDENTIFIED),
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
    return "refused"


def _of_the_connection(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    # The last one is a proxy's page, say, where an answer should be.
    return bool(
        names & {"HTTPClientError", "ConnectionError", "TimeoutError", "ResponseParserError"}
    )
