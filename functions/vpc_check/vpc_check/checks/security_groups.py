"""Security groups: out of the function, and into what it wants to reach."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check import wayout
from vpc_check.facts import Row
from vpc_check.findings import Finding
from vpc_check.network import security_group as groups
from vpc_check.network.cidr import ANYWHERE, shown
from vpc_check.network.paths import Case, Journey

_OUT, _IN = "IpPermissionsEgress", "IpPermissions"


def check(case: Case) -> Iterator[Finding]:
    """Report what the function's groups don't let out, and the target's don't let in."""
    facts = case.facts
    own = facts.groups(case.function.groups)
    for journey in case.journeys:
        place, target = journey.place, journey.target
        end = groups.Peer(place.addresses, place.groups, place.prefix_list)
        if own:
            word = groups.admit(facts, own, _OUT, end, target.transport, target.port)
            yield from _out(journey, own, word)
        source = groups.Peer(
            case.addresses_of(journey.subnet, journey.version), case.function.groups
        )
        between, _ = wayout.middle(facts, journey)
        forwarder = wayout.interface(facts, between) if between.startswith(("eni-", "i-")) else None
        listed = [each["GroupId"] for each in (forwarder or {}).get("Groups", [])]
        for ids in (place.groups, tuple(listed)):
            rows = facts.groups(ids)
            if rows and source.addresses:
                word = groups.admit(facts, rows, _IN, source, target.transport, target.port)
                yield from _in(case, journey, rows, word)


def _out(journey: Journey, rows: list[Row], word: str) -> Iterator[Finding]:
    if word == "allowed":
        return
    target, names = journey.target, _names(rows)
    empty = groups.without_rules(rows, _OUT)
    where = shown(journey.addresses)
    yield Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        "error" if word == "denied" else "warning",
        str(rows[0]["GroupId"]),
        f"{names}, of the function, {'has no outbound rule at all' if empty else _lets(word)}"
        f"{'' if empty else f' {target.transport} {target.port} out to {where}'}",
        f"add an outbound rule: {target.transport} {target.port} to "
        + (", ".join(journey.place.groups) or journey.place.prefix_list or _everywhere(journey)),
        target.text,
        journey.subnet,
    )


def _in(case: Case, journey: Journey, rows: list[Row], word: str) -> Iterator[Finding]:
    if word == "allowed":
        return
    target, names = journey.target, _names(rows)
    empty = groups.without_rules(rows, _IN)
    mine = ", ".join(case.function.groups)
    yield Finding(
        "SG_HAS_NO_RULES" if empty else "ENI_SG_RULES_MISMATCH",
        "error" if word == "denied" else "warning",
        str(rows[0]["GroupId"]),
        f"{names}, of the target, {'has no inbound rule at all' if empty else _lets(word)}"
        f"{'' if empty else f' {target.transport} {target.port} in from {mine}'}",
        f"add an inbound rule: {target.transport} {target.port} from {mine}",
        target.text,
        journey.subnet,
    )


def _lets(word: str) -> str:
    return "does not let" if word == "denied" else "lets only a part of"


def _names(rows: list[Row]) -> str:
    return ", ".join(str(row["GroupId"]) for row in rows)


def _everywhere(journey: Journey) -> str:
    return "0.0.0.0/0" if journey.addresses == ANYWHERE else shown(journey.addresses)
