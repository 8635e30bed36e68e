"""Targets of which nothing can be said, because nobody knows where they are."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Case


def check(case: Case) -> Iterator[Finding]:
    """Report names with a private ring that nothing has resolved."""
    for destination in case.destinations:
        if not destination.places:
            target = destination.target
            yield Finding(
                "UNKNOWN_DESTINATION",
                "unknown",
                target.host,
                f"the address of {target.host} is not known, so its path was not checked",
                'let the probe resolve it ("probe": true), or add "address" to the target',
                target.text,
            )
