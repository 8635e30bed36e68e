"""Deleting until nothing is left: look, delete what is free, wait for Lambda, look again."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from . import interfaces
from .aws import Calls
from .fate import DELETE, DETACH, KEEP
from .inventory import Scope, Seen, look

# No verdict is older than this many deletions; at 5 a second, 50 s.
BATCH = 250


@dataclass
class Swept:
    """What a sweep has done so far; it is filled while the sweep runs, and true at any moment."""

    looks: int = 0
    deleted: int = 0
    left: dict[str, Seen] = field(default_factory=dict)  # by interface id
    kept: list[Seen] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # interface id → EC2's last words


def sweep(calls: Calls, scope: Scope, poll_s: float, swept: Swept) -> None:
    """Sweep until every interface of the scope is gone, or is in use by somebody else.

    :param poll_s: seconds between two looks while there is nothing to do but wait
    :param swept: receives the progress, so that it outlives an OutOfTime
    :raises OutOfTime: some are left; repeat it
    """
    while True:
        seen = look(calls, scope)
        swept.kept = [each for each in seen if each.fate == KEEP]
        swept.left = {each.interface.id: each for each in seen if each.fate != KEEP}
        swept.looks += 1
        calls.trouble = ""  # it is over, and explains nothing any more
        if not swept.left:
            return
        todo = [each for each in swept.left.values() if each.fate in (DELETE, DETACH)]
        # Those that EC2 refused come last, or they would keep the others out of every batch.
        todo.sort(key=lambda each: each.interface.id in swept.refused)
        done = sum(_do(calls, each, swept) for each in todo[:BATCH])
        print(
            f"{swept.deleted} deleted, {len(swept.left)} left to delete or to wait for, "
            f"{len(swept.kept)} kept",
            file=sys.stderr,
        )
        more_to_delete = len(todo) > BATCH
        if not done or (swept.left and not more_to_delete):
            calls.rest(poll_s)


def _do(calls: Calls, each: Seen, swept: Swept) -> bool:
    interface = each.interface
    if each.fate == DETACH:
        refused = interfaces.detach(calls, interface)
    else:
        refused = interfaces.delete(calls, interface)
    if refused:
        swept.refused[interface.id] = refused
        return False
    if each.fate == DELETE:
        swept.deleted += 1
        del swept.left[interface.id]
    return True
