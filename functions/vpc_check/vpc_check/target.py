"""What a function wants to reach: a protocol, a host and a port."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from surefoot.kit.errors import UserError
from vpc_check.safe_text import clean, describe_target, mask_query

DEFAULT_PORTS = {"https": 443, "http": 80, "tls": 443, "tcp": 0, "udp": 0}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """One thing to reach.

    `protocol` is tcp, udp, tls, http or https. `host` is a name or an address, without brackets.
    `path` is of http and https only. `about` says where a discovered target comes from
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
        """The target as a URL, which names it everywhere: findings, observations, the report.

        The values of a query are masked: they may be tokens.
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = "" if self.port == DEFAULT_PORTS[self.protocol] else f":{self.port}"
        path = self.path if self.protocol in ("http", "https") and self.path != "/" else ""
        return clean(f"{self.protocol}://{host}{shown}{mask_query(path)}")

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
    """Read `https://host/path`, `tcp://host:port` and so on. Raises UserError."""
    shown = describe_target(text)
    parts = _split(text)
    if parts is None or any(each.isspace() or not each.isprintable() for each in parts.netloc):
        raise UserError(f"target {shown} is not a URL", "write https://host or tcp://host:port")
    if parts.scheme not in DEFAULT_PORTS:
        known = ", ".join(sorted(DEFAULT_PORTS))
        raise UserError(f"target {shown} has no protocol of {known}", "write tcp://host:port")
    if "@" in parts.netloc:
        raise UserError(f"target {shown} contains a user name or a password", "leave it out")
    port = _port(parts)
    if port is None:
        raise UserError(f"target {shown}", "a port is a number from 1 to 65535")
    if not parts.hostname:
        raise UserError(f"target {shown} names no host", f"write {parts.scheme}://host:port")
    if port == 0:
        raise UserError(f"target {shown} needs a port", f"{parts.scheme}://{parts.hostname}:5432")
    if not text.isprintable():
        raise UserError(f"target {shown} contains a control character", "leave it out")
    if address:
        _check_address(shown, address)
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    return Target(parts.scheme, parts.hostname, port, path, about, address)


def _split(text: str) -> SplitResult | None:
    """Split a URL; None for what is not one. No ValueError leaves, because it quotes the text."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int | None:
    """The port, or the protocol's own; None for what is not a port, or an empty one."""
    if parts.netloc.endswith(":"):
        return None
    try:
        port = parts.port
    except ValueError:
        return None
    return DEFAULT_PORTS[parts.scheme] if port is None else port


def _check_address(shown: str, address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        known = False
    else:
        known = True
    if not known:
        raise UserError(
            f"target {shown}: its address is not an IP address", "left out, it is resolved"
        )
