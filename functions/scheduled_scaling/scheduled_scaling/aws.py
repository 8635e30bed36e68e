"""AWS clients with rate limits: each service has one for reading and one for changing."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from scheduled_scaling.model import Action
from scheduled_scaling.settings import Rate, Settings
from surefoot.kit.aws_errors import THROTTLED
from surefoot.kit.clients import ClientOptions, create_client
from surefoot.kit.rate_limit import TokenBucket

_READ_OPERATIONS = ("Describe", "List", "Get", "BatchGet")
# Where it differs from boto3's name.
_IAM_PREFIXES = {"docdb": "rds", "resourcegroupstaggingapi": "tag", "stepfunctions": "states"}


class AwsClients:
    """The clients that the kinds use. `calls` counts what was sent, by service and operation;
    `sleep` takes seconds.

    The rate limits hold for every request, boto3's own retries included. When AWS throttles
    nevertheless, the limiter starts from an empty bucket.
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
        self._clock, self.sleep = clock, sleep
        self._clients: dict[str, Any] = {}
        self._buckets: dict[tuple[str, bool], TokenBucket] = {}
        self._offers: dict[tuple[str, str], bool] = {}
        self._lock = threading.RLock()
        self._thread = threading.local()

    def client(self, name: str) -> Any:
        """Return the client that boto3 calls `name`, created when it is first used."""
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._create_client(name)
            return self._clients[name]

    def begin_invocation(self) -> None:
        """Forget what belongs to an earlier invocation; the clients and their limits stay."""
        self.calls.clear()
        self._offers.clear()

    def apply(self, action: Action) -> None:
        """Make the call of `action`. Raises botocore's errors, except ignored ones."""
        try:
            getattr(self.client(action.client), action.call)(**action.arguments)
        except Exception as error:
            response = getattr(error, "response", None)
            code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
            if code not in action.ignored_error_codes:
                raise

    def offers(self, engine: str, instance_class: str) -> bool:
        """Return whether an engine offers a class in this Region; asked once per invocation.

        Raises botocore's errors.
        """
        key = engine, instance_class
        if key not in self._offers:
            pages = self.client("docdb").get_paginator("describe_orderable_db_instance_options")
            self._offers[key] = any(
                option["DBInstanceClass"] == instance_class
                for page in pages.paginate(Engine=engine, DBInstanceClass=instance_class)
                for option in page["OrderableDBInstanceOptions"]
            )
        return self._offers[key]

    @property
    def last_service(self) -> str:
        """The service that this thread called last, by boto3's name."""
        return str(getattr(self._thread, "service", ""))

    def _create_client(self, name: str) -> Any:
        options = ClientOptions(
            user_agent="scheduled_scaling",
            max_attempts=self._settings.max_attempts,
            max_connections=max(10, self._settings.max_parallel),
        )
        client = create_client(name, options)

        def before_send(event_name: str, **_: Any) -> None:
            operation = event_name.rpartition(".")[2]
            self._thread.service = name
            with self._lock:
                self.calls[f"{iam_prefix(name)}:{operation}"] += 1
                self._bucket(name, operation).acquire()

        def after_response(event_name: str, response: Any, **_: Any) -> None:
            code = response[1].get("Error", {}).get("Code") if response else None
            if code in THROTTLED:
                with self._lock:
                    self._bucket(name, event_name.rpartition(".")[2]).empty()

        client.meta.events.register("before-send", before_send)
        client.meta.events.register("needs-retry", after_response)
        return client

    def _bucket(self, name: str, operation: str) -> TokenBucket:
        reads = operation.startswith(_READ_OPERATIONS)
        if (name, reads) not in self._buckets:
            rate: Rate = self._settings.read_rate if reads else self._settings.write_rate
            self._buckets[name, reads] = TokenBucket(
                rate.burst, rate.per_second, clock=self._clock, sleep=self.sleep
            )
        return self._buckets[name, reads]


def iam_prefix(client: str) -> str:
    """Return the prefix of a client's IAM actions."""
    return _IAM_PREFIXES.get(client, client)
