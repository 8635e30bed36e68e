"""What becomes of an interface: decided from what is known about it, and from nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .interfaces import OLD_STYLE, Interface
from .pair import Pair

DELETE = "delete"
DETACH = "detach"
WAIT = "wait"
KEEP = "keep"
# Lambda's instances hold old interfaces by these; "ela-attach-…" nobody else may touch.
_DETACHABLE = "eni-attach-"


def fate(
    interface: Interface,
    holders: Sequence[str],
    ours: Collection[Pair],
    own: Collection[str],
) -> str:
    """Return DELETE, DETACH, WAIT or KEEP.

    :param holders: who uses the interface's pair, as ``holders.find`` names them
    :param ours: the pairs whose interfaces are waited for
    :param own: the functions that were detached
    """
    if holders:
        # Our own functions are out by now: Lambda's list just does not say so yet.
        return WAIT if interface.pair in ours and set(holders) <= set(own) else KEEP
    if interface.is_free:
        return DELETE
    if interface.pair not in ours:
        return KEEP
    if (
        interface.kind == OLD_STYLE
        and interface.status == "in-use"
        and interface.attachment.startswith(_DETACHABLE)
    ):
        return DETACH
    return WAIT


def reason(interface: Interface, holders: Sequence[str], fate_of_it: str) -> str:
    """Say in a few words why."""
    if holders:
        shown = ", ".join(holders[:3]) + (f" and {len(holders) - 3} more" if holders[3:] else "")
        return f"used by {shown}"
    return {
        DELETE: "available, and nobody uses its pair",
        DETACH: "nobody uses its pair; Lambda's instance still holds it",
        WAIT: f"{interface.status}, Lambda has not released it",
        KEEP: f"{interface.status}, and its function is not known",
    }[fate_of_it]
