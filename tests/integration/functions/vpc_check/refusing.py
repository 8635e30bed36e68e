"""AWS with some calls refused: what stands before moto."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from tests.support.aws_proxy import Call, Reply, ask_moto, serve

_NEXT = b"&NextToken=more"


@dataclass
class Front:
    """The proxy's address; `refused` has (status, code) by operation and may be changed.

    `paged` operations of EC2 answer with an empty first page. `calls` are the operations that came,
    in their order.
    """

    moto_url: str
    url: str = ""
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    paged: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)

    def reply(self, call: Call) -> Reply:
        """A refusal, an empty first page, or moto's answer."""
        operation = call.action or call.path
        self.calls.append(operation)
        if operation in self.refused:
            status, code = self.refused[operation]
            return call.refuse(code, status=status)
        if operation in self.paged and _NEXT not in call.body:
            page = f"<{operation}Response><nextToken>more</nextToken></{operation}Response>"
            return Reply(200, page.encode(), {"Content-Type": "text/xml"})
        return ask_moto(self.moto_url, replace(call, body=call.body.replace(_NEXT, b"")))


def refusing(url: str) -> AbstractContextManager[Front]:
    """Run the proxy before the server at `url`."""
    return serve(Front(url), url)
