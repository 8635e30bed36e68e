"""What a change set would do, resource by resource.

Source: ResourceChange, AWS CloudFormation API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_HEADINGS = ("action", "logical id", "type", "replacement", "because of")


@dataclass(frozen=True)
class Change:
    """One resource's. `replacement` is True, False, Conditional, or empty where it has no sense."""

    action: str  # Add, Modify, Remove, Import, Dynamic
    logical_id: str
    physical_id: str
    type: str
    replacement: str
    causes: tuple[str, ...]  # properties, or Tags, Metadata and so on

    def record(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def read(told: Mapping[str, Any]) -> Change:
    """A member of DescribeChangeSet's Changes."""
    change = told.get("ResourceChange", {})
    targets = [detail.get("Target", {}) for detail in change.get("Details", [])]
    causes = dict.fromkeys(str(one.get("Name") or one.get("Attribute")) for one in targets if one)
    return Change(
        change.get("Action", "?"),
        change.get("LogicalResourceId", "?"),
        change.get("PhysicalResourceId", ""),
        change.get("ResourceType", "?"),
        change.get("Replacement", ""),
        tuple(causes),
    )


def shown(changes: Sequence[Change]) -> str:
    """The table that a person decides by, and the warning that it deserves."""
    from surefoot.kit.tables import format_table

    if not changes:
        return "No resource changes; only parameters, outputs or tags do."
    rows = [
        (
            change.action,
            change.logical_id,
            change.type,
            change.replacement or None,
            ", ".join(change.causes) or None,
        )
        for change in changes
    ]
    text = format_table(_HEADINGS, rows)
    lost = [one for one in changes if one.action == "Remove" or one.replacement == "True"]
    if lost:
        names = ", ".join(change.logical_id for change in lost)
        text += f"\n{len(lost)} removed or replaced, with what is in them: {names}"
    return text
