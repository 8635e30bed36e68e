"""The way to AWS: requests counted and kept, refused, answered otherwise, or held up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse

from surefoot.kit.clients import Clients
from termination_policy.app import CLIENT_OPTIONS
from tests.support.awsanswer import answer

_ERROR = "<Error><Code>{code}</Code><Message>no</Message></Error>"
_WORDS = {  # of the protocols that are not JSON
    "DescribeInstances": f"<Response><Errors>{_ERROR}</Errors></Response>",
    "GetObject": _ERROR,
}
LIMIT_S = 30  # a test that forgets to clear the way ends all the same


class Wire:
    """Sits on boto3's default session. `trouble` gets each operation and returns its answer.

    None lets the request pass. What it raises is what the connection raises.
    """

    def __init__(self) -> None:
        self._session: Any = boto3.Session()
        before: Any = self._before
        self._session.events.register("before-send", before)
        self.clients = Clients(
            CLIENT_OPTIONS._replace(read_timeout_s=LIMIT_S)
        )  # made once for all tests, as a process would
        self.begin()

    def begin(self) -> None:
        """Put it in the way, with nothing sent and no trouble."""
        boto3.DEFAULT_SESSION = self._session
        self.sent: list[tuple[str, str]] = []  # operation and body
        self.trouble: Callable[[str], AWSResponse | None] = lambda _: None
        self.cleared = threading.Event()

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.sent]

    def hold(self, _: str) -> None:
        """As trouble: nothing comes until the way is cleared."""
        self.cleared.wait(LIMIT_S)

    def _before(self, request: AWSRequest, event_name: str, **_: Any) -> AWSResponse | None:
        operation = event_name.rpartition(".")[2]
        body: Any = request.body
        self.sent.append((operation, body.decode() if isinstance(body, bytes) else str(body)))
        return self.trouble(operation)


def refusing(code: str, status: int = 400) -> Callable[[str], AWSResponse]:
    """Trouble: every call is refused, in the words of every protocol of AWS."""
    return lambda operation: answer(
        status,
        _WORDS.get(operation, '{{"__type": "{code}"}}').format(code=code),
        {"x-amzn-errortype": code},
    )
