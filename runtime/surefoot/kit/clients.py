"""The factory of boto3 clients: timeouts, retries, connections and user agent in one place.

boto3 is imported with the first client, which takes 0.15 s and more; a function that may not need
a client does not pay for it.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from .. import __version__


class ClientOptions(NamedTuple):
    """How clients behave.

    `user_agent` is appended to boto3's User-Agent header, so that CloudTrail shows which function
    made a call. `max_attempts` counts the first one. Retries are botocore's mode ``standard``:
    throttled calls, failed connections and 5xx responses, with exponential backoff.
    """

    user_agent: str = ""
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 20.0
    max_attempts: int = 4
    max_connections: int = 10


def create_client(
    service: str,
    options: ClientOptions | None = None,
    *,
    session: Any = None,
    **arguments: Any,
) -> Any:
    """Create a boto3 client.

    :param service: boto3's name of the service, such as ``ecs``
    :param options: timeouts and retries
    :param session: a boto3.Session; None: boto3's default session
    :param arguments: further arguments of boto3's ``client()``, such as ``region_name``
    """
    import boto3
    from botocore.config import Config

    options = options or ClientOptions()
    config = Config(
        connect_timeout=options.connect_timeout_s,
        read_timeout=options.read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": options.max_attempts},
        max_pool_connections=options.max_connections,
        tcp_keepalive=True,  # NAT gateways drop connections that are idle for 350 s
        user_agent_extra=f"surefoot/{__version__} {options.user_agent}".strip(),
    )
    return (session or boto3).client(service, config=config, **arguments)


class Clients:
    """Clients by service, each created when it is first used and kept. Threads may share them."""

    def __init__(self, options: ClientOptions | None = None, *, session: Any = None) -> None:
        self._options = options
        self._session = session
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:
        """Return the client of a service, by boto3's name."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = create_client(
                    service, self._options, session=self._session
                )
            return self._clients[service]
