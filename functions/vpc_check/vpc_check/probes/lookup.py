"""Names into addresses, by the resolver that every client here uses."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vpc_check.probes.limits import MOST_ADDRESSES

RESOLV_CONF = Path("/etc/resolv.conf")
FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
# EAI_… → what it says. glibc answers EAI_AGAIN for silence as well as for SERVFAIL.
_ERRORS = {
    socket.EAI_NONAME: "the name servers know no such name",
    socket.EAI_NODATA: "the name servers know the name, and no address of it",
    socket.EAI_AGAIN: "the name servers don't answer, or fail",
    socket.EAI_FAIL: "the name servers refuse to answer",
}


@dataclass(frozen=True)
class SocketAddress:
    """An address to connect to: its family, and what socket.connect() takes for port 0."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]

    @property
    def address(self) -> str:
        """The address as text, an IPv6 scope included."""
        return str(self.sockaddr[0])

    def at(self, port: int) -> tuple[Any, ...]:
        """Return what socket.connect() takes."""
        return (self.sockaddr[0], port, *self.sockaddr[2:])


@dataclass(frozen=True)
class DnsResult:
    """What a host resolves to: places, or else `error` says why there are none."""

    host: str
    places: tuple[SocketAddress, ...]
    error: str
    seconds: float

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of them, as text."""
        return tuple(place.address for place in self.places)


def look_up(host: str) -> DnsResult:
    """Resolve a host; of an address, itself. Takes as long as the resolver likes."""
    began = time.monotonic()
    places: tuple[SocketAddress, ...] = ()
    error = ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        places = tuple(dict.fromkeys(SocketAddress(each[0], each[4]) for each in found))
    except socket.gaierror as refusal:
        error = _ERRORS.get(refusal.errno or 0, str(refusal.strerror)) + servers()
    except OSError as refusal:
        error = f"the lookup failed here: {refusal}"
    except ValueError:  # IDNA: a label that is empty or longer than 63 (RFC 1035 section 2.3.4)
        error = "no name can look like this"
    return DnsResult(host, places, error, time.monotonic() - began)


def worth_trying(places: tuple[SocketAddress, ...]) -> tuple[tuple[SocketAddress, ...], str]:
    """Choose what to probe, and say what was left out.

    A family without a route is no fault where the other has one: clients pass over it at once.
    """
    families = [family for family in FAMILIES if any(each.family == family for each in places)]
    routed = [
        family
        for family in families
        if any(_routed(place) for place in places if place.family == family)
    ]
    left_out = [FAMILIES[family] for family in families if routed and family not in routed]
    chosen = [
        place
        for family in routed or families
        for place in [each for each in places if each.family == family][:MOST_ADDRESSES]
    ]
    return tuple(chosen), f"no route for {left_out[0]} here" if left_out else ""


def servers() -> str:
    """The name servers of this machine in brackets, for a detail; "" where none are known."""
    try:
        lines = RESOLV_CONF.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    words = [line.split() for line in lines]
    found = [each[1] for each in words if len(each) > 1 and each[0] == "nameserver"]
    return f" ({', '.join(found)})" if found else ""


def _routed(place: SocketAddress) -> bool:
    """Whether the kernel knows a way there; a UDP socket's connect() asks it and sends nothing."""
    try:
        with socket.socket(place.family, socket.SOCK_DGRAM) as asking:
            asking.connect(place.at(9))
    except OSError:
        return False
    return True
