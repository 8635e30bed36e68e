"""Where the probes come in, and where they ran."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vpc_check.facts import Attachment, Facts
from vpc_check.findings import Finding
from vpc_check.observation import Observation
from vpc_check.target import Target


def probe(targets: Sequence[Target], budget_s: float) -> list[Observation]:
    """Probe the targets from here; nothing to do without any. Never raises for the network."""
    if not targets:
        return []
    from vpc_check.probes import probe_all

    return probe_all(targets, budget_s=budget_s)


def elsewhere(facts: Facts, function: Attachment) -> Iterator[Finding]:
    """Report probes that ran with other subnets or groups than the function that is checked."""
    place = facts.sections.get("Place")
    if place is None:
        return
    here = Attachment.of(place)
    if set(here.subnets) != set(function.subnets) or set(here.groups) != set(function.groups):
        yield Finding(
            "PROBED_FROM_ELSEWHERE",
            "warning",
            here.name,
            f"the probes ran in {here.name}, whose subnets or groups are not those of "
            f"{function.name or 'the VpcConfig'}: what they saw may not hold there",
            "deploy this check with the subnets and groups of the function, or read the "
            "configuration's findings only",
        )
