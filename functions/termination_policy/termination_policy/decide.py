"""From a request to instances: sort, then filter, until every quota is full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from termination_policy.deadline import within
from termination_policy.event import Instance, Place, Request
from termination_policy.policy import Policy
from termination_policy.strategy import StrategyContext


def decide(
    policy: Policy, request: Request, context: StrategyContext
) -> tuple[list[str], BaseException | None]:
    """Return ids that may go, and the error that ended the search, if there was one.

    In any case each id has passed every strategy, and no quota is exceeded.
    """
    picked: list[str] = []
    try:
        if policy.services:
            within(context.deadline, lambda: _select(picked, policy, request, context))
        else:  # nothing in it can hang
            _select(picked, policy, request, context)
    except BaseException as error:  # even SystemExit: Auto Scaling needs an answer
        return list(picked), error
    return list(picked), None


def candidates(
    policy: Policy, instances: Iterable[Instance], context: StrategyContext
) -> Iterator[Instance]:
    """Yield all instances that may go, in order, ignoring quotas. Raises botocore's errors."""
    stream = iter(instances)
    for strategy in (*policy.orders, *policy.filters):
        stream = strategy.step(stream, context)
    return stream


def _select(picked: list[str], policy: Policy, request: Request, context: StrategyContext) -> None:
    room = {place: capacity for place, capacity in request.quotas.items() if capacity}
    if not room:
        return
    stream = _skip_full_zones(request.instances(), room)
    for order in policy.orders:
        stream = order.step(stream, context)
    stream = _skip_full_zones(stream, room)
    for check in policy.filters:
        stream = check.step(stream, context)
    for instance in stream:
        context.deadline.check()
        if instance.place in room:
            picked.append(instance.id)
            room[instance.place] -= 1
            if not room[instance.place]:
                del room[instance.place]
        if not room:
            return


def _skip_full_zones(instances: Iterable[Instance], room: dict[Place, int]) -> Iterator[Instance]:
    """Skip zones and markets whose quota is full: no calls are made about those."""
    return (one for one in instances if one.place in room)
