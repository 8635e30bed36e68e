"""What a function wants to reach: a protocol, a host and a port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80, "tls": 443, "tcp": 0, "udp": 0}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetError(ValueError):
    """A target that can't be read; the text names it, the reason and the remedy."""


@dataclass(frozen=True)
class Target:
    """One thing to reach.

    `protocol` is tcp, udp, tls, http or https. `host` is a name or an address, without brackets.
    `path` is of http and https only. `about` says where the target comes from when nobody typed it
    ("VPC endpoint vpce-1 of com.amazonaws.eu-west-1.sqs"). `address` is what the host is known to
    resolve to, "" when it is not.
    """

    protocol: str
    host: str
    port: int
    path: str = "/"
    about: str = ""
    address: str = ""

    @property
    def text(self) -> str:
        """The target as a URL, which names it everywhere: findings, observations, the report."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = "" if self.port == DEFAULT_PORTS[self.protocol] else f":{self.port}"
        path = self.path if self.protocol in ("http", "https") and self.path != "/" else ""
        return f"{self.protocol}://{host}{shown}{path}"

    @property
    def literal(self) -> Address | None:
        """The host as an address, if it is one and no name."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None

    @property
    def transport(self) -> str:
        """What the network sees of it: udp or tcp."""
        return "udp" if self.protocol == "udp" else "tcp"


def parse(text: str, *, about: str = "", address: str = "") -> Target:
    """Read `https://host/path`, `tcp://host:port` and so on. Raises TargetError."""
    parts = urlsplit(text)
    if parts.scheme not in DEFAULT_PORTS:
        known = ", ".join(sorted(DEFAULT_PORTS))
        raise TargetError(f"target {text!r} has no protocol of {known}: write tcp://host:port")
    try:
        port = parts.port
    except ValueError as error:
        raise TargetError(f"target {text!r}: {error}; a port is 1 to 65535") from error
    if not parts.hostname:
        raise TargetError(f"target {text!r} names no host: write {parts.scheme}://host:port")
    if parts.username is not None:
        raise TargetError(f"a target on {parts.hostname} holds a user name; leave it out")
    port = port if port is not None else DEFAULT_PORTS[parts.scheme]
    if port == 0:
        raise TargetError(f"target {text!r} needs a port: {parts.scheme}://{parts.hostname}:5432")
    if address:
        _check_address(text, address)
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    return Target(parts.scheme, parts.hostname, port, path, about, address)


def _check_address(text: str, address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise TargetError(
            f"target {text!r}: address {address!r} is no IP address; left out, it is resolved"
        ) from error
