"""Deleting until nothing is left: scan, delete what is free, wait for Lambda, scan again."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from .aws import AwsCaller
from .interfaces import read_refusal, removal
from .inventory import (
    DELETE,
    DETACH,
    KEEP,
    PAUSE_IN_LISTS,
    ScannedInterface,
    Scope,
    UserList,
    scan,
)

# Decisions are made again after this many deletions; at 5 a second, 50 s.
BATCH = 250
DELETES_PER_S = 5


@dataclass
class SweepProgress:
    """What a sweep has done so far; it is filled while the sweep runs, and true at any moment."""

    scans: int = 0
    deleted: int = 0
    left: dict[str, ScannedInterface] = field(default_factory=dict)  # by interface id
    kept: list[ScannedInterface] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # interface id → EC2's last words
    users: UserList | None = None  # of the last list of functions


def sweep(caller: AwsCaller, scope: Scope, poll_s: float, swept: SweepProgress) -> None:
    """Sweep until every interface of the scope is gone, or another function uses it.

    :param poll_s: seconds between two scans while there is nothing to do but wait
    :param swept: receives the progress, so that it outlives an OutOfTime
    :raises OutOfTime: some are left; repeat it
    """
    while True:
        known = swept.users
        if known and caller.now() >= known.stale_after and caller.left_s() > known.seconds:
            swept.users = None  # another function may use them by now
        seen, swept.users = scan(caller, scope, swept.users)
        swept.kept = [each for each in seen if each.decision == KEEP]
        swept.left = {each.interface.id: each for each in seen if each.decision != KEEP}
        swept.scans += 1
        caller.last_error = ""  # it is over and explains nothing
        if not swept.left:
            return
        todo = [each for each in swept.left.values() if each.decision in (DELETE, DETACH)]
        # Those that EC2 refused come last, or they would keep the others out of every batch.
        todo.sort(key=lambda each: each.interface.id in swept.refused)
        batch = _batch(swept.users)
        done = _delete_or_detach(caller, todo[:batch], swept)
        print(
            f"{swept.deleted} deleted, {len(swept.left)} left to delete or to wait for, "
            f"{len(swept.kept)} kept",
            file=sys.stderr,
        )
        more_to_delete = len(todo) > batch
        if not done or (swept.left and not more_to_delete):
            caller.pause(poll_s)


def _batch(users: UserList | None) -> int:
    """How many are deleted by one list: what takes some times as long as the list itself."""
    took = users.seconds if users else 0.0
    return max(BATCH, round(took * PAUSE_IN_LISTS * DELETES_PER_S))


def _delete_or_detach(caller: AwsCaller, todo: list[ScannedInterface], swept: SweepProgress) -> int:
    """Remove interfaces, several at a time; return how many EC2 did not refuse."""
    calls = [
        (each, removal(caller, each.interface, detach=each.decision == DETACH)) for each in todo
    ]
    done = 0
    for each, result in caller.call_all("mutate", "ec2", calls):
        interface = each.interface
        if refused := read_refusal(result):
            swept.refused[interface.id] = refused
            continue
        done += 1
        if each.decision == DELETE:
            swept.deleted += 1
            del swept.left[interface.id]
    return done
