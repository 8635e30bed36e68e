"""The drawing of each network path: its hops with their states, and where it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vpc_check.findings import Finding
from vpc_check.network.paths import (
    Analysis,
    Hop,
    Located,
    NameHop,
    TargetHop,
    function_hop,
    place_finding,
)
from vpc_check.safe_text import clean

_STATES = {"error": "broken", "warning": "doubtful", "unknown": "unknown", "info": "ok"}
_ORDER = ("broken", "doubtful", "unknown", "ok")


@dataclass(frozen=True)
class DrawnHop:
    """`kind` is function, dns, groups, subnet, table, gateway or target; `ids` what it represents.

    `detail` adds to the label: a subnet's ACL, the destination of a table's route. `state` is ok,
    doubtful, unknown, broken, or beyond (behind a break). `codes` are of the findings drawn there.
    """

    kind: str
    label: str
    ids: tuple[str, ...]
    detail: str = ""
    state: str = "ok"
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class DrawnPath:
    """From a subnet of the function to a place of a target."""

    target: str
    subnet: str
    place: str
    hops: tuple[DrawnHop, ...]

    @property
    def state(self) -> str:
        """The worst of its hops."""
        states = {hop.state for hop in self.hops}
        return next((state for state in _ORDER if state in states), "ok")


def draw_paths(analysis: Analysis, located: Sequence[Located]) -> list[DrawnPath]:
    """Return the drawing of each path, and a short one for each target without any."""
    drawn = [
        DrawnPath(
            path.target.text,
            path.subnet,
            path.location.id,
            tuple(_draw(path.hops, located, path.target.text, path.subnet)),
        )
        for path in analysis.paths
    ]
    reached = {path.target.text for path in analysis.paths}
    for destination in analysis.destinations:
        text = destination.target.text
        if text not in reached:
            # In a VPC that was not described, its state is unknown; outside of one, it is ok.
            known = not analysis.function.subnets or destination.resolver
            hops = [
                function_hop(analysis.function),
                NameHop(destination.target.host),
                TargetHop(text, known),
            ]
            drawn.append(DrawnPath(text, "", "", tuple(_draw(hops, located, text, ""))))
    return drawn


def _draw(
    hops: Sequence[Hop], located: Sequence[Located], target: str, subnet: str
) -> Iterator[DrawnHop]:
    found: dict[Hop, list[Finding]] = {hop: [] for hop in hops}
    for place, finding in located:
        hop = place_finding(hops, place, finding, target, subnet)
        if hop is not None:
            found[hop].append(finding)
    broken = False
    for hop in hops:
        states = {
            "ok" if hop.known else "unknown",
            *(_STATES[each.severity] for each in found[hop]),
        }
        state = next(each for each in _ORDER if each in states)
        if broken and state in ("ok", "unknown"):
            state = "beyond"
        broken = broken or state == "broken"
        codes = tuple(dict.fromkeys(each.code for each in found[hop]))
        ids = tuple(map(clean, hop.ids))
        yield DrawnHop(hop.kind, clean(hop.id), ids, clean(hop.detail), state, codes)
