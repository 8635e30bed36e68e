"""AWS's clients, with a pace: each service has one for reading and one for changing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from scheduled_scaling.model import Action
from scheduled_scaling.settings import Rate, Settings
from surefoot.kit.aws_errors import THROTTLED
from surefoot.kit.rate_limit import TokenBucket

_READING = ("Describe", "List", "Get", "BatchGet")
_CONNECT_S, _READ_S = 5, 20
_PREFIXES = {"docdb": "rds"}  # in permissions, where it differs from boto3's name


class Cloud:
    """The clients that the kinds use. `calls` counts what was sent, by service and operation.

    Every request is paced, boto3's own retries included; when AWS says that it throttles, the
    pace starts from an empty bucket.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.engines = settings.engines
        self.calls: Counter[str] = Counter()
        self._settings = settings
        self._clock, self._sleep = clock, sleep
        self._clients: dict[str, Any] = {}
        self._paces: dict[tuple[str, bool], TokenBucket] = {}
        self._lock = threading.RLock()
        self._here = threading.local()

    def client(self, name: str) -> Any:
        """Return the client that boto3 calls `name`, made when first asked for."""
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._made(name)
            return self._clients[name]

    def apply(self, action: Action) -> None:
        """Make the call of `action`. Raises botocore's errors, save those that mean: done."""
        try:
            getattr(self.client(action.client), action.call)(**action.arguments)
        except Exception as error:
            response = getattr(error, "response", None)
            code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
            if code not in action.fine:
                raise

    @property
    def last(self) -> str:
        """The client that this thread used last, by boto3's name."""
        return str(getattr(self._here, "client", ""))

    def _made(self, name: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "total_max_attempts": self._settings.attempts},
            max_pool_connections=max(10, self._settings.parallel),
        )
        factory: Any = boto3.client  # its stubs want a literal name
        client = factory(name, config=config)

        def before(event_name: str, **_: Any) -> None:
            operation = event_name.rpartition(".")[2]
            self._here.client = name
            with self._lock:
                self.calls[f"{prefix(name)}:{operation}"] += 1
                self._pace(name, operation).acquire()

        def after(event_name: str, response: Any, **_: Any) -> None:
            code = response[1].get("Error", {}).get("Code") if response else None
            if code in THROTTLED:
                with self._lock:
                    self._pace(name, event_name.rpartition(".")[2]).empty()

        client.meta.events.register("before-send", before)
        client.meta.events.register("needs-retry", after)
        return client

    def _pace(self, name: str, operation: str) -> TokenBucket:
        reads = operation.startswith(_READING)
        if (name, reads) not in self._paces:
            rate: Rate = self._settings.reads if reads else self._settings.writes
            pace = TokenBucket(rate.burst, rate.per_second, clock=self._clock, sleep=self._sleep)
            self._paces[name, reads] = pace
        return self._paces[name, reads]


def prefix(client: str) -> str:
    """Return a client's name as permissions have it."""
    return _PREFIXES.get(client, client)
