"""From a request to instances: orders, then filters, until every quota is full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from termination_policy.deadline import within
from termination_policy.event import Instance, Place, Request
from termination_policy.policy import Policy
from termination_policy.strategy import Desk


def decide(policy: Policy, request: Request, desk: Desk) -> tuple[list[str], BaseException | None]:
    """Return ids that may go, and what kept it from looking for more, if anything did.

    Whatever happens, each id has passed every strategy, and no quota is exceeded.
    """
    picked: list[str] = []
    try:
        if policy.services:
            within(desk.deadline, lambda: _fill(picked, policy, request, desk))
        else:  # nothing in it can hang
            _fill(picked, policy, request, desk)
    except BaseException as error:  # also what would end the process: an answer is owed
        return list(picked), error
    return list(picked), None


def chosen(policy: Policy, instances: Iterable[Instance], desk: Desk) -> Iterator[Instance]:
    """All that may go, the first to go first, with no regard to quotas. Raises what AWS does."""
    stream = iter(instances)
    for strategy in (*policy.orders, *policy.filters):
        stream = strategy.step(stream, desk)
    return stream


def _fill(picked: list[str], policy: Policy, request: Request, desk: Desk) -> None:
    room = {place: capacity for place, capacity in request.quotas.items() if capacity}
    if not room:
        return
    stream = _wanted(request.instances(), room)
    for order in policy.orders:
        stream = order.step(stream, desk)
    stream = _wanted(stream, room)
    for check in policy.filters:
        stream = check.step(stream, desk)
    for instance in stream:
        desk.deadline.check()
        if instance.place in room:
            picked.append(instance.id)
            room[instance.place] -= 1
            if not room[instance.place]:
                del room[instance.place]
        if not room:
            return


def _wanted(instances: Iterable[Instance], room: dict[Place, int]) -> Iterator[Instance]:
    """Skip places that are full by now: nobody is asked about those."""
    return (one for one in instances if one.place in room)
