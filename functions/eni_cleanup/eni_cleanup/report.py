"""Results for people: a table of interfaces, and the sentences of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot.kit.tables import format_table

from .inventory import DELETE, KEEP, WAIT, ScannedInterface, explain
from .progress import Progress

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


def as_table(seen: Sequence[ScannedInterface]) -> str:
    """Return one row for each interface."""
    return format_table(
        _HEADINGS,
        [
            (
                each.interface.id,
                each.interface.kind,
                each.interface.status,
                each.interface.config.subnet,
                ",".join(each.interface.config.groups),
                ", ".join(each.holders) or None,
                _WORDS[each.decision],
            )
            for each in seen
        ],
    )


def as_json(each: ScannedInterface) -> dict[str, Any]:
    """Return one interface as a member of a result."""
    return {
        "id": each.interface.id,
        "kind": each.interface.kind,
        "status": each.interface.status,
        "subnet": each.interface.config.subnet,
        "security_groups": list(each.interface.config.groups),
        "held_by": list(each.holders),
        "fate": each.decision,
        "reason": explain(each.interface, each.holders, each.decision),
    }


def lines(seen: Sequence[ScannedInterface], refused: Mapping[str, str]) -> list[str]:
    """Describe the first few interfaces, one each."""
    return [
        f"{each.interface.id} ({each.interface.config}): "
        + (refused.get(each.interface.id) or explain(each.interface, each.holders, each.decision))
        for each in seen[:SHOWN]
    ]


def success(deleted: int, shared: Sequence[ScannedInterface], left: Mapping[str, str]) -> str:
    """Say what was done, and which interfaces of our pairs stay because others use them."""
    said = f"interfaces deleted: {deleted}"
    if shared:
        said += f"; shared, and so kept: {len(shared)}: {'; '.join(lines(shared, {}))}"
    if left:
        reasons = "; ".join(f"{function}: {why}" for function, why in left.items())
        said += f"; not detached, and left to CloudFormation: {reasons}"
    return said


def failure(state: Progress, elapsed_s: float) -> str:
    """Say what is left when time is up, and what to do."""
    said = f"after {elapsed_s / 60:.0f} min: interfaces deleted: {state.deleted}; "
    if state.left:
        said += f"left: {state.left_count}: {'; '.join(state.left)}"
    else:
        said += "the interfaces were not reached"
    if state.last_error:
        said += f". Last error: {state.last_error}"
    return f"{said}. {REMEDY}"
