"""Trouble on the way to AWS: calls counted, throttled, refused, or cut off by a kill."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse

from tests.support.awsanswer import answer

READING = ("Describe", "List", "Get", "BatchGet")
Decide = Callable[[int, str], "tuple[str, str] | None"]


class Killed(BaseException):
    """The sandbox is gone; nothing of the function may catch this."""


class Faults:
    """Sits on boto3's default session. `decide` gets each call's number (from 0) and operation.

    It returns None to let it pass, or a code and a message to refuse it with; or raises.
    """

    def __init__(self) -> None:
        self.decide: Decide = lambda _number, _operation: None
        self.after: Callable[[int, str], None] = lambda _number, _operation: None
        self.sent: list[str] = []  # operations that were tried
        self.done: list[tuple[str, str]] = []  # changes that AWS has made: operation and body
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        session.events.register("before-send", self._before)
        session.events.register("response-received", self._after)

    def duplicates(self) -> dict[tuple[str, str], int]:
        """Changes that were made more than once, though they never had to be."""
        return {change: count for change, count in Counter(self.done).items() if count > 1}

    def changes(self) -> list[str]:
        """The operations that changed something, in order."""
        return [operation for operation, _ in self.done]

    def reset(self) -> None:
        """Forget what was counted, and let everything pass."""
        self.reset_rules()
        self.sent.clear()
        self.done.clear()

    def reset_rules(self) -> None:
        """Let everything pass."""
        self.decide = lambda _number, _operation: None
        self.after = lambda _number, _operation: None

    def _before(self, request: AWSRequest, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        self.sent.append(operation)
        refused = self.decide(len(self.sent) - 1, operation)
        if refused is None:
            if not operation.startswith(READING):
                body: Any = request.body
                text = body.decode() if isinstance(body, bytes) else str(body)
                self.done.append((operation, text))
            return None
        return _refusal(request, *refused)

    def _after(self, event_name: str, **_: Any) -> None:
        self.after(len(self.sent) - 1, event_name.rpartition(".")[2])


def throttled(_number: int, _operation: str) -> tuple[str, str]:
    return "ThrottlingException", "Rate exceeded"


def _refusal(request: AWSRequest, code: str, message: str) -> AWSResponse:
    kind = str(request.headers.get("Content-Type", ""))
    if "json" in kind or "X-Amz-Target" in request.headers:
        text = json.dumps({"__type": code, "message": message})
    else:
        text = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        )
    return answer(400, text, {"x-amzn-errortype": code})
