"""Clients of AWS. boto3 is imported with the first; a pure strategy never needs one."""

from __future__ import annotations

import threading
from typing import Any


class Clients:
    """boto3's clients by service, made once. Times are in seconds.

    One attempt is the default: Auto Scaling asks again by itself, and a back-off would outlast it.
    """

    def __init__(self, *, connect: float = 0.5, read: float = 1.2, attempts: int = 1) -> None:
        """Choose how long a call may take."""
        self._connect, self._read, self._attempts = connect, read, attempts
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()  # a thread that was left behind may be making one, too

    def __call__(self, service: str) -> Any:
        """Return the client, such as of "ec2". Raises botocore's errors."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._new(service)
            return self._made[service]

    def _new(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=self._connect,
            read_timeout=self._read,
            retries={"total_max_attempts": self._attempts, "mode": "standard"},
            tcp_keepalive=True,
        )
        # mypy knows an overload for each service, and none for a name that is a variable.
        make: Any = boto3.client
        return make(service, config=config)
