"""`any`: every instance may go, in the order of the event. Quotas alone decide. Pure."""

from __future__ import annotations

from termination_policy.strategy import Strategy


def make(argument: str) -> Strategy:
    """Return the strategy. Raises ValueError for an argument."""
    if argument:
        raise ValueError("any, without an argument")
    return Strategy(lambda instances, _: instances)
