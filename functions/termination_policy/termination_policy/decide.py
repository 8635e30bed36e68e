"""From a request to instances: sort, then filter, until every quota is full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from termination_policy.capacity import Units, Weight
from termination_policy.deadline import within
from termination_policy.event import SCALE_IN, Instance, Place, Request
from termination_policy.policy import Policy
from termination_policy.strategy import StrategyContext


class Settings(NamedTuple):
    """How to decide. `other_zones`: what one zone cannot give may come from another one."""

    policy: Policy
    units: Units
    other_zones: bool

    @property
    def services(self) -> tuple[str, ...]:
        """The AWS services that are asked; without any a decision is pure."""
        return self.policy.services + self.units.services


class Decision(NamedTuple):
    """Instances that may go, the capacity that is still asked for, and what ended the search."""

    ids: list[str]
    left: int
    failure: BaseException | None = None


def decide(settings: Settings, request: Request, context: StrategyContext) -> Decision:
    """Decide within the deadline, whatever happens.

    In any case each id has passed every strategy, and no quota is exceeded.
    """
    choice = _Choice(settings, request, context)
    try:
        if settings.services:
            within(context.deadline, choice.run)
        else:  # nothing in it can hang
            choice.run()
    except BaseException as error:  # even SystemExit: Auto Scaling needs an answer
        return Decision(list(choice.picked), choice.left, error)
    return Decision(list(choice.picked), choice.left)


def candidates(
    policy: Policy, instances: Iterable[Instance], context: StrategyContext
) -> Iterator[Instance]:
    """Yield all instances that may go, in order, ignoring quotas. Raises botocore's errors."""
    stream = iter(instances)
    for strategy in (*policy.orders, *policy.filters):
        stream = strategy.step(stream, context)
    return stream


class _Choice:
    """The instances picked so far, and the room that is left. `run` may be cut at any time."""

    def __init__(self, settings: Settings, request: Request, context: StrategyContext) -> None:
        self.picked: list[str] = []
        self.left = request.asked
        self._settings, self._request, self._context = settings, request, context

    def run(self) -> None:
        """Fill each place, then what is left from other zones of the same market."""
        room = {place: capacity for place, capacity in self._request.quotas.items() if capacity}
        if not room or not self._request.shown:
            return
        weight = self._settings.units.read(self._request, self._context)
        # A place's room is its own, so that no zone gives more than it is asked for.
        self._fill(room, {place: place for place in room}, weight)
        if self._settings.other_zones and self._request.cause == SCALE_IN:
            self._fill_from_other_zones(room, weight)

    def _fill_from_other_zones(self, room: dict[Place, int], weight: Weight) -> None:
        """Auto Scaling takes instances of other zones, too, and balances the zones later."""
        left: dict[Place, int] = {}
        for (_, market), capacity in room.items():
            left[("", market)] = left.get(("", market), 0) + capacity
        places = {one.place for one in self._request.instances()} - room.keys()
        shares = {place: ("", place[1]) for place in places if ("", place[1]) in left}
        if shares:
            self._fill(left, shares, weight)

    def _fill(self, room: dict[Place, int], shares: dict[Place, Place], weight: Weight) -> None:
        """Pick instances of the places in `shares`, each against the room that it has a share in.

        Full rooms are removed.
        """
        before = {*self.picked}

        def open_places(instances: Iterable[Instance]) -> Iterator[Instance]:
            # No calls are made about places that are full.
            return (one for one in instances if shares.get(one.place) in room)

        stream: Iterator[Instance] = (
            one for one in open_places(self._request.instances()) if one.id not in before
        )
        for order in self._settings.policy.orders:
            stream = order.step(stream, self._context)
        stream = open_places(stream)
        for check in self._settings.policy.filters:
            stream = check.step(stream, self._context)
        for instance in stream:
            self._context.deadline.check()
            share, size = shares[instance.place], weight(instance.type)
            if size is not None and size <= room.get(share, 0):
                self.picked.append(instance.id)
                room[share] -= size
                self.left -= size
                if not room[share]:
                    del room[share]
            if not room:
                return
