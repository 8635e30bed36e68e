"""Sets of addresses, as tuples of networks: what a rule covers of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Networks = tuple[Network, ...]

# Any public address: for a host whose address is not known.
ANYWHERE: Networks = (ipaddress.IPv4Network("0.0.0.0/0"),)
ANYWHERE_IPV6: Networks = (ipaddress.IPv6Network("::/0"),)
# RFC 1918, RFC 6598 and RFC 4193: internet gateways drop packets to them.
PRIVATE: Networks = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
# "This network", loopback, link-local, multicast and reserved addresses (RFC 6890).
_SPECIAL: Networks = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/3",
        "fe80::/10",
        "ff00::/8",
    )
)

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


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
    """Whether the networks of `rule` together have every one of `addresses`."""
    whole = [*rule, *(PRIVATE + _SPECIAL if addresses in (ANYWHERE, ANYWHERE_IPV6) else ())]
    # Collapsed, an aligned block that is covered lies in one network.
    joined = {version: _collapse(whole, version) for version in (4, 6)}
    return bool(addresses) and all(
        any(contains(outer, inner) for outer in joined[inner.version]) for inner in addresses
    )


def _collapse(networks: Iterable[Network], version: int) -> list[Network]:
    if version == 4:
        four = [each for each in networks if isinstance(each, ipaddress.IPv4Network)]
        return list(ipaddress.collapse_addresses(four))
    six = [each for each in networks if isinstance(each, ipaddress.IPv6Network)]
    return list(ipaddress.collapse_addresses(six))


def expand(addresses: Networks) -> Networks:
    """The same addresses, with "anywhere" as the blocks of public addresses that it means."""
    if addresses not in (ANYWHERE, ANYWHERE_IPV6):
        return addresses
    left = list(addresses)
    for excluded in PRIVATE + _SPECIAL:
        left = [rest for each in left for rest in exclude(each, excluded)]
    return tuple(left)


def intersect(one: Network, other: Network) -> Network | None:
    """The smaller of two networks when one contains the other; otherwise they have nothing."""
    if contains(one, other):
        return other
    return one if contains(other, one) else None


def exclude(whole: Network, part: Network) -> list[Network]:
    """What is left of a network without another one."""
    if contains(part, whole):
        return []
    if not contains(whole, part):
        return [whole]
    if isinstance(whole, ipaddress.IPv4Network) and isinstance(part, ipaddress.IPv4Network):
        return list(whole.address_exclude(part))
    if isinstance(whole, ipaddress.IPv6Network) and isinstance(part, ipaddress.IPv6Network):
        return list(whole.address_exclude(part))
    return [whole]


def meets(rule: Iterable[Network], addresses: Networks) -> bool:
    """Whether they have an address in common; private ones are not among ANYWHERE's."""
    anywhere = addresses in (ANYWHERE, ANYWHERE_IPV6)
    relevant = [one for one in rule if not anywhere or not private((one,))]
    return any(
        one.version == other.version and one.overlaps(other)
        for one in relevant
        for other in addresses
    )


def private(addresses: Networks) -> bool:
    """Whether all of them are private addresses, which no router of the internet carries."""
    return covers(PRIVATE, addresses)


def translated(addresses: Networks) -> Networks:
    """The IPv4 addresses behind those that DNS64 made of them; any other as it is (RFC 6052)."""
    if not all(contains(_NAT64, each) for each in addresses):
        return addresses
    first = (int(each.network_address) & 0xFFFFFFFF for each in addresses)
    return tuple(ipaddress.ip_network((four, 32)) for four in first)


def shown(addresses: Networks) -> str:
    """Addresses for people: one address without its prefix length, or "the internet"."""
    if addresses in (ANYWHERE, ANYWHERE_IPV6):
        return "the internet"
    first = addresses[0]
    text = str(first.network_address) if first.num_addresses == 1 else str(first)
    return text if len(addresses) == 1 else f"{text} and {len(addresses) - 1} more"
