"""The Extensions API of one execution environment, without its processes.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rie.emulator.http_server import Call, DisconnectedError, Reply
from rie.emulator.invocation import Failure, make_failure
from rie.emulator.runtime_api import make_error_reply

PREFIX = "/2020-01-01/extension/"
TELEMETRY_PREFIXES = ("/2020-08-15/logs", "/2022-07-01/telemetry")
_ID = "lambda-extension-identifier"
_EVENTS = frozenset({"INVOKE", "SHUTDOWN"})
_ACCEPTED = Reply(202, b'{"status":"OK"}\n')


@dataclass
class Extension:
    """One that has registered; an external one is a program of its own."""

    name: str
    events: frozenset[str]
    external: bool
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    poll: asyncio.Future[dict[str, Any]] | None = None
    pending: list[dict[str, Any]] = field(default_factory=list)

    @property
    def parked(self) -> bool:
        """Whether it waits for an event."""
        return self.poll is not None and not self.poll.done()

    def send(self, event: dict[str, Any]) -> None:
        """Deliver an event now, or to its next call."""
        if self.parked and self.poll is not None:
            self.poll.set_result(event)
        else:
            self.pending.append(event)


class ExtensionsApi:
    """What extensions may call. `description` answers their registration."""

    def __init__(self, on_change: Callable[[], None], description: dict[str, str]) -> None:
        self._on_change = on_change
        self._description = description
        self._routes: dict[str, tuple[str, Callable[[Call], Awaitable[Reply]]]] = {
            "register": ("POST", self._register),
            "event/next": ("GET", self._next),
            "init/error": ("POST", self._report_error),
            "exit/error": ("POST", self._report_error),
        }
        self.reset()

    def reset(self, external: frozenset[str] = frozenset()) -> None:
        """Forget all extensions; `external` are the names of programs that will register."""
        self._external = external
        self._closed = False
        self.extensions: dict[str, Extension] = {}
        self.failure: Failure | None = None

    def close_registration(self) -> None:
        """The init phase is over."""
        self._closed = True

    @property
    def registered(self) -> bool:
        """Whether every program has registered."""
        return self._external <= {each.name for each in self.extensions.values()}

    @property
    def ready(self) -> bool:
        """Whether every program has registered, and every extension waits for an event."""
        return self.registered and all(each.parked for each in self.extensions.values())

    def send(self, event: dict[str, Any]) -> None:
        """Send an event to those that registered for its type."""
        for extension in self.extensions.values():
            if event["eventType"] in extension.events:
                extension.send(event)

    async def handle(self, call: Call, path: str) -> Reply:
        """Answer a call; `path` is what follows PREFIX."""
        if path not in self._routes:
            return Reply(404, b"404 page not found\n", {"Content-Type": "text/plain"})
        method, action = self._routes[path]
        if call.method != method:
            return Reply(405, headers={"Allow": method})
        return await action(call)

    async def _register(self, call: Call) -> Reply:
        body = await call.read_body()
        name = call.headers.get("lambda-extension-name", "")
        if not name:
            return make_error_reply(403, "Extension.InvalidExtensionName", "Empty extension name")
        try:
            events = frozenset(json.loads(body)["events"] or ())
        except (ValueError, KeyError, TypeError):
            return make_error_reply(400, "InvalidRequestFormat", "events is not a list of names")
        external = name in self._external
        refusal = self._refuse_registration(name, events, external=external)
        if refusal is not None:
            return refusal
        extension = Extension(name, events, external)
        self.extensions[extension.identifier] = extension
        self._on_change()
        fields = dict(self._description)
        if "accountId" not in call.headers.get("lambda-extension-accept-feature", ""):
            fields.pop("accountId", None)
        return Reply(200, json.dumps(fields).encode(), {_HEADER_ID: extension.identifier})

    def _refuse_registration(
        self, name: str, events: frozenset[str], *, external: bool
    ) -> Reply | None:
        if self._closed:
            text = "Extensions register before the init phase ends"
            return make_error_reply(403, "Extension.RegistrationClosed", text)
        if any(each.name == name for each in self.extensions.values()):
            text = f"Extension with name {name} already registered"
            return make_error_reply(403, "Extension.AlreadyRegistered", text)
        if events - _EVENTS:
            text = f"{', '.join(sorted(map(str, events - _EVENTS)))}: no such event"
            return make_error_reply(400, "Extension.InvalidEventType", text)
        if not external and "SHUTDOWN" in events:
            text = "SHUTDOWN event is not supported for internal extensions"
            return make_error_reply(400, "ShutdownEventNotSupportedForInternalExtension", text)
        return None

    async def _next(self, call: Call) -> Reply:
        await call.discard_body()
        extension = self.extensions.get(call.headers.get(_ID, ""))
        if extension is None:
            return _make_unknown(call)
        if extension.parked:
            return make_error_reply(403, "Extension.InvalidExtensionState", "it polls already")
        poll: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        extension.poll = poll
        if extension.pending:
            poll.set_result(extension.pending.pop(0))
        self._on_change()
        await call.wait_for(poll)
        if call.disconnected.done():
            extension.poll = None
            if poll.done():
                extension.pending.insert(0, poll.result())
            raise DisconnectedError
        headers = {"Lambda-Extension-Event-Identifier": str(uuid.uuid4())}
        return Reply(200, json.dumps(poll.result()).encode(), headers)

    async def _report_error(self, call: Call) -> Reply:
        await call.discard_body()
        extension = self.extensions.get(call.headers.get(_ID, ""))
        if extension is None:
            return _make_unknown(call)
        error_type = call.headers.get("lambda-extension-function-error-type", "")
        if not error_type:
            text = "Lambda-Extension-Function-Error-Type is missing"
            return make_error_reply(400, "Extension.MissingHeader", text)
        phase = "init" if call.target.endswith("init/error") else "exit"
        message = f"extension {extension.name} reported an {phase} error: {error_type}"
        self.failure = make_failure(error_type, message)
        self._on_change()
        return _ACCEPTED


_HEADER_ID = "Lambda-Extension-Identifier"


def _make_unknown(call: Call) -> Reply:
    if _ID not in call.headers:
        return make_error_reply(
            403, "Extension.MissingExtensionIdentifier", f"Missing {_HEADER_ID} header"
        )
    return make_error_reply(
        403, "Extension.InvalidExtensionIdentifier", f"Invalid {_HEADER_ID} header"
    )
