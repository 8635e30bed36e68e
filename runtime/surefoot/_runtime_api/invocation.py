"""One invocation as the Runtime API hands it out."""

from ..errors import MAX_TIMEOUT_SECONDS, RemoteProtocolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Invocation:
    """The headers of invocation/next and the event's bytes.

    Only ``request_id`` is certain; an empty header is none. ``deadline_ms`` is in milliseconds
    since the epoch, 0 when the header is missing or no number: then nothing remains, and careful
    functions stop early.
    Source: AWS Lambda Developer Guide, "Using the Lambda runtime API", next invocation.
    """

    __slots__ = (
        "body",
        "client_context",
        "cognito_identity",
        "content_type",
        "deadline_ms",
        "function_arn",
        "invocation_id",
        "request_id",
        "tenant_id",
        "trace_id",
    )

    def __init__(self, headers: "Mapping[str, str]", body: bytes | bytearray) -> None:
        """Take an invocation apart.

        :param headers: header values by lower-case name
        :param body: the event, undecoded
        :raises RemoteProtocolError: there is no request id, so no answer could ever be addressed
        """
        get = headers.get
        request_id = get("lambda-runtime-aws-request-id")
        if not request_id:
            raise RemoteProtocolError(
                "the Runtime API sent an invocation without Lambda-Runtime-Aws-Request-Id; "
                "it cannot be answered."
            )
        self.request_id: str = request_id
        self.deadline_ms = _milliseconds(get("lambda-runtime-deadline-ms"))
        self.function_arn = get("lambda-runtime-invoked-function-arn", "")
        self.trace_id = get("lambda-runtime-trace-id") or None
        self.client_context = get("lambda-runtime-client-context") or None
        self.cognito_identity = get("lambda-runtime-cognito-identity") or None
        self.tenant_id = get("lambda-runtime-aws-tenant-id") or None
        self.invocation_id = get("lambda-runtime-invocation-id") or None
        self.content_type = get("content-type") or None
        self.body = body


def _milliseconds(value: str | None) -> int:
    if value is None or not (value.isascii() and value.isdecimal()):
        return 0
    # Of an absurdly long number int() would raise, and a timer of a merely absurd one.
    if len(value) > _LATEST_LENGTH:
        value = value.lstrip("0")[: _LATEST_LENGTH + 1] or "0"
    return min(int(value), _LATEST)


# The end of the year 2199. Python's timers count nanoseconds in 63 bits and take 292 years at most.
_LATEST = 7_258_118_399_999
_LATEST_LENGTH = 13


def correct_rie_deadline(deadline_ms: int, now_ms: float) -> int:
    """Return a deadline as it was meant, in milliseconds since the epoch.

    In its multi-concurrency mode AWS's emulator takes the time-out's nanoseconds for milliseconds,
    which puts the deadline 12 days to 57 years ahead instead of 1 s to 30 minutes.
    """
    left = deadline_ms - now_ms
    if not _RIE_BUG_RANGE_MS[0] <= left <= _RIE_BUG_RANGE_MS[1]:
        return deadline_ms
    return int(now_ms + left / 1_000_000)


# From a time-out of 1 s, of which a part has passed, to the longest.
_RIE_BUG_RANGE_MS = (0.9e9, (MAX_TIMEOUT_SECONDS + 0.1) * 1e9)
