"""Where results are kept, by the scheme of an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from termination_policy.stores import dynamodb, s3
from termination_policy.stores.store import Store

SCHEMES: Mapping[str, Callable[[str], Store]] = {"dynamodb": dynamodb.make, "s3": s3.make}
USAGE = "cached:dynamodb://TABLE or cached:s3://BUCKET/PREFIX, or set RESULT_STORE to the address"


def find(address: str) -> Store:
    """Return the store of an address. Raises ValueError."""
    scheme, _, place = address.partition("://")
    if scheme not in SCHEMES or not place.strip("/"):
        raise ValueError(USAGE)
    return SCHEMES[scheme](place.strip("/"))
