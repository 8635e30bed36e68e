"""Results for people: a table of interfaces, and the sentences of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.kit.tables import format_table

from .fate import DELETE, KEEP, WAIT, reason
from .look import Seen
from .state import State

SHOWN = 10
_HEADINGS = ("interface", "kind", "status", "subnet", "groups", "held by", "what happens")
_WORDS = {
    DELETE: "delete",
    KEEP: "keep",
    WAIT: "goes once released",
    "detach": "detach, then delete",
}
REMEDY = (
    "Wait for 20 minutes and delete the stack again. If they are still there then, look who uses "
    'them with {"dry_run": true} and their subnets, and make sure that the roles of the functions '
    "exist and may call ec2:DeleteNetworkInterface"
)


def as_table(seen: Sequence[Seen]) -> str:
    """Return one row for each interface."""
    return format_table(
        _HEADINGS,
        [
            (
                each.interface.id,
                each.interface.kind,
                each.interface.status,
                each.interface.pair.subnet,
                ",".join(each.interface.pair.groups),
                ", ".join(each.holders) or None,
                _WORDS[each.fate],
            )
            for each in seen
        ],
    )


def as_json(each: Seen) -> dict[str, Any]:
    """Return one interface as a member of a result."""
    return {
        "id": each.interface.id,
        "kind": each.interface.kind,
        "status": each.interface.status,
        "subnet": each.interface.pair.subnet,
        "security_groups": list(each.interface.pair.groups),
        "held_by": list(each.holders),
        "fate": each.fate,
        "reason": reason(each.interface, each.holders, each.fate),
    }


def lines(seen: Sequence[Seen], refused: Mapping[str, str]) -> list[str]:
    """Describe the first few interfaces, one each."""
    return [
        f"{each.interface.id} ({each.interface.pair}): "
        + (refused.get(each.interface.id) or reason(each.interface, each.holders, each.fate))
        for each in seen[:SHOWN]
    ]


def success(deleted: int, shared: Sequence[Seen]) -> str:
    """Say what was done, and which interfaces of our pairs stay because others use them."""
    said = f"interfaces deleted: {deleted}"
    if shared:
        said += f"; shared, and so kept: {len(shared)}: {'; '.join(lines(shared, {}))}"
    return said


def failure(state: State, now: float) -> str:
    """Say what is left when time is up, and what to do."""
    minutes = (now - state.began) / 60
    said = f"after {minutes:.0f} min: interfaces deleted: {state.deleted}; "
    if state.left:
        said += f"left: {state.left_count}: {'; '.join(state.left)}"
    else:
        said += "the work had not come to the interfaces"
    if state.trouble:
        said += f". The last trouble: {state.trouble}"
    return f"{said}. {REMEDY}"
