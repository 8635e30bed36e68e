"""What a function URL makes of a request and of an answer: payload format 2.0.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

BUFFERED = "BUFFERED"
RESPONSE_STREAM = "RESPONSE_STREAM"
INTEGRATION = "application/vnd.awslambda.http-integration-response"
DELIMITER = b"\0" * 8
MAX_PRELUDE_BYTES = 16 * 1024
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
_PAIR = tuple[str, str]


@dataclass(frozen=True)
class Cors:
    """The CORS settings of a function URL; Lambda answers preflight requests itself then."""

    origins: Sequence[str] = ("*",)
    methods: Sequence[str] = ("*",)
    headers: Sequence[str] = ()
    expose: Sequence[str] = ()
    max_age_s: int = 0
    credentials: bool = False

    def describe(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "AllowOrigins": list(self.origins),
            "AllowMethods": list(self.methods),
            "AllowHeaders": list(self.headers),
            "ExposeHeaders": list(self.expose),
            "MaxAge": self.max_age_s,
            "AllowCredentials": self.credentials,
        }

    def answer(self, origin: str, *, preflight: bool) -> list[_PAIR]:
        """The headers for a request from `origin`; none if it is not allowed."""
        if not origin or not {"*", origin} & set(self.origins):
            return []
        wildcard = "*" in self.origins and not self.credentials
        found = [("Access-Control-Allow-Origin", "*" if wildcard else origin)]
        if not wildcard:
            found.append(("Vary", "Origin"))
        if self.credentials:
            found.append(("Access-Control-Allow-Credentials", "true"))
        if self.expose:
            found.append(("Access-Control-Expose-Headers", ",".join(self.expose)))
        if preflight:
            found.append(("Access-Control-Allow-Methods", ",".join(self.methods)))
            if self.headers:
                found.append(("Access-Control-Allow-Headers", ",".join(self.headers)))
            if self.max_age_s:
                found.append(("Access-Control-Max-Age", str(self.max_age_s)))
        return found


@dataclass(frozen=True)
class UrlSettings:
    """How the function URL of a function works."""

    invoke_mode: str = BUFFERED
    cors: Cors | None = None


@dataclass(frozen=True)
class UrlRequest:
    """An HTTP request to a function URL. `path` and `query` are as they came, still encoded."""

    method: str
    path: str
    query: str
    pairs: Sequence[_PAIR]
    headers: Sequence[_PAIR]
    body: bytes
    host: str
    source_ip: str
    port: int


@dataclass
class UrlResponse:
    """An HTTP answer."""

    status: int = 200
    headers: list[_PAIR] = field(default_factory=list)
    body: bytes = b""


class MalformedAnswerError(ValueError):
    """An answer from which no HTTP response can be made."""


def make_event(request: UrlRequest, request_id: str, trace_id: str) -> dict[str, Any]:
    """The event of payload format 2.0."""
    headers, cookies = _merge_headers(request, trace_id)
    now = time.time()
    moment = datetime.fromtimestamp(now, timezone.utc)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": request.host.split(".", maxsplit=1)[0],
            "domainName": request.host,
            "domainPrefix": request.host.split(".", maxsplit=1)[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    if request.pairs:
        event["queryStringParameters"] = _join(request.pairs)
    if request.body:
        binary = not headers.get("content-type", "").startswith(_TEXT)
        event["body"] = (
            base64.b64encode(request.body).decode()
            if binary
            else request.body.decode(errors="replace")
        )
        event["isBase64Encoded"] = binary
    return event


def _merge_headers(request: UrlRequest, trace_id: str) -> tuple[dict[str, str], list[str]]:
    plain = [(name, value) for name, value in request.headers if name != "cookie"]
    jars = [value for name, value in request.headers if name == "cookie"]
    cookies = [each.strip() for jar in jars for each in jar.split(";") if each.strip()]
    added = {
        "x-amzn-trace-id": trace_id,
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": str(request.port),
        "x-forwarded-proto": "http",
    }
    return {**_join(plain), **added}, cookies


def _join(pairs: Sequence[_PAIR]) -> dict[str, str]:
    """Values of one name are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def read_answer(body: bytes) -> UrlResponse:
    """The HTTP response that a buffered answer means. Raises MalformedAnswerError."""
    try:
        answer = json.loads(body)
    except ValueError:
        return UrlResponse(headers=[("content-type", "application/json")], body=body)
    if not isinstance(answer, dict) or "statusCode" not in answer:
        # Anything else is the body of a response with status 200; a string is itself.
        plain = answer.encode() if isinstance(answer, str) else body
        return UrlResponse(headers=[("content-type", "application/json")], body=plain)
    response = read_prelude(answer)
    content = answer.get("body")
    if content is None:
        return response
    text = content if isinstance(content, str) else json.dumps(content)
    if not answer.get("isBase64Encoded"):
        response.body = text.encode()
        return response
    try:
        response.body = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise MalformedAnswerError("isBase64Encoded, but the body is not base64") from error
    return response


def read_prelude(answer: Mapping[str, Any]) -> UrlResponse:
    """Status, headers and cookies. Raises MalformedAnswerError."""
    try:
        status = int(answer.get("statusCode", 200))
        headers = [(str(name), str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers += [(str(name), str(value)) for value in values]
        headers += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or ()]
    except (TypeError, ValueError, AttributeError) as error:
        raise MalformedAnswerError(f"statusCode, headers or cookies: {error}") from error
    if not 100 <= status <= 599:
        raise MalformedAnswerError(f"statusCode {status} is not an HTTP status")
    if all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    return UrlResponse(status, headers)
