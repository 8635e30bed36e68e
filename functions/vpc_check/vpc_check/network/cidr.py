"""Sets of addresses, as tuples of networks: what a rule covers of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

# Any public address: stands for a host whose address nobody knows.
ANYWHERE: Networks = (ipaddress.IPv4Network("0.0.0.0/0"),)
# RFC 1918 and RFC 6598: internet gateways drop packets to them.
PRIVATE: Networks = tuple(
    ipaddress.IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


def network(text: str) -> Network:
    """A network from CIDR notation or from one address; host bits are dropped."""
    return ipaddress.ip_network(text, strict=False)


def networks(texts: Iterable[str]) -> Networks:
    """Networks from CIDR notations."""
    return tuple(network(text) for text in texts)


def contains(outer: Network, inner: Network) -> bool:
    """Whether every address of `inner` is one of `outer`; never across address families."""
    if isinstance(outer, ipaddress.IPv4Network) and isinstance(inner, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(outer, ipaddress.IPv6Network) and isinstance(inner, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def covers(rule: Iterable[Network], addresses: Networks) -> bool:
    """Whether each of `addresses` lies in one network of `rule`."""
    whole = tuple(rule)
    return bool(addresses) and all(
        any(contains(outer, inner) for outer in whole) for inner in addresses
    )


def meets(rule: Iterable[Network], addresses: Networks) -> bool:
    """Whether they have an address in common; private ones are not among ANYWHERE's."""
    relevant = [one for one in rule if addresses != ANYWHERE or not private((one,))]
    return any(
        one.version == other.version and one.overlaps(other)
        for one in relevant
        for other in addresses
    )


def private(addresses: Networks) -> bool:
    """Whether all of them are private IPv4 addresses, which nobody routes in the internet."""
    return covers(PRIVATE, addresses)


def shown(addresses: Networks) -> str:
    """Addresses for people: one address without its prefix length, or "the internet"."""
    if addresses == ANYWHERE:
        return "the internet"
    first = addresses[0]
    text = str(first.network_address) if first.num_addresses == 1 else str(first)
    return text if len(addresses) == 1 else f"{text} and {len(addresses) - 1} more"
