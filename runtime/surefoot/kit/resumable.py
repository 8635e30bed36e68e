"""Long work in short invocations: do what there is time for, and go on in the next one."""

from . import continuation
from .time_budget import Budget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from .time_budget import Timed

    T = TypeVar("T")


class NoProgress(RuntimeError):
    """An invocation got nowhere, so the next one would do the same again, and so on for ever.

    The invocation fails instead: Lambda and Step Functions retry a failure a few times, not
    endlessly, and somebody hears of it.
    """


class Resumable:
    """Work on items in order, as many as time allows; the next invocation goes on behind them.

    >>> def handler(event, context):
    ...     work = Resumable(event, context, reserve=5.0)
    ...     for number in work.over(range(work.position or 0, 9), key=lambda number: number + 1):
    ...         pass  # what takes long
    ...     return work.result()

    Eight seconds less five in reserve are enough for two numbers, if each takes one:

    >>> from itertools import count
    >>> from surefoot.testing import invoke
    >>> first = invoke(handler, {"from": "a schedule"}, timeout=8, clock=count().__next__)
    >>> first
    {'done': False, 'continuation': 'sf1.5aca6129.WyJ0ZXN0LWZ1bmN0aW9uIiwgMl0'}
    >>> invoke(handler, first, timeout=60, clock=count().__next__)
    {'done': True}

    The result is the next event: a Step Functions loop (Choice on ``$.done``) needs nothing else. A
    function that invokes itself is stopped by Lambda's recursive loop detection after some rounds
    unless its recursion configuration is Allow.

    Guarantees:

    - An item counts as done when the loop comes back for the next one. Items of an invocation that
      fails or is killed are worked on again: at least once each, so make the work idempotent.
    - An item is begun only if the longest so far in this invocation would fit into what is left.
      The first is always tried while there is any time at all beyond the reserve.
    - A continuation is always further on than the one before, or there is NoProgress: a chain of
      invocations ends. An item that no invocation is long enough for shows as a time-out; with
      SUREFOOT_DEADLINE_RAISE=1 the loop's body can catch DeadlineExceeded and pass over it.
    """

    def __init__(
        self, event: object, context: "Timed", reserve: float = 1.0, name: str | None = None
    ) -> None:
        """Begin, or go on where the event says.

        :param event: what may hold ``continuation``; for EventBridge pass ``event["detail"]``
        :param context: the handler's second argument
        :param reserve: seconds kept back for what the handler does after the loop
        :param name: of this work, so that no other takes its tokens; None: the function's name
        :raises ContinuationError: the token is damaged or belongs to other work
        :raises TypeError: context cannot tell the remaining time
        :raises ValueError: reserve is negative or no number of seconds
        """
        self.budget = Budget(context, reserve)
        self._name = name if name is not None else getattr(context, "function_name", None) or ""
        token = event.get("continuation") if isinstance(event, dict) else None
        self._position = None if token is None else continuation.decode(self._name, token)
        self._begun = self._token = continuation.encode(self._name, self._position)
        self._ignored = token is not None  # until somebody reads the position
        self._longest = 0  # milliseconds
        self._done = 0  # items, in this invocation
        self._open = 0  # loops that have not reached the end of their items
        self._asked = False  # to stop
        self._stopped = False

    @property
    def position(self) -> "Any":
        """What ``key`` returned for the last item that is done, as JSON; None at the beginning."""
        self._ignored = False
        return self._position

    def over(self, items: "Iterable[T]", key: "Callable[[T], Any]") -> "Iterator[T]":
        """Yield the items that there is time for.

        Loops may be nested or follow each other, if their keys tell them apart: when one stops, all
        do. To leave a loop early call stop() rather than ``break``, which repeats its item.

        :param items: what comes after ``position``, in an order that stays the same; fetching the
            next one (a page, say) is part of the time it takes
        :param key: the position after an item, any JSON value that is unique among the items. None
            says that nothing follows, as a page's missing NextToken does
        :raises ContinuationError: what key returned cannot be kept
        :raises NoProgress: the event carries a continuation, and nobody has read ``position``
        """
        self._open += 1
        iterator = iter(items)
        before = self.budget.milliseconds
        while self._goes_on(before):
            done = self._done
            try:
                item = next(iterator)
            except StopIteration:
                break
            yield item
            if self._stopped:
                # A loop inside this one ran out of time in the middle of our item.
                return
            after = self.budget.milliseconds
            if self._done == done:
                # Only innermost items are measured; others can stop half-way.
                self._longest = max(self._longest, before - after)
            before = after
            position = key(item)
            self._done += 1
            if position is None:
                break
            self._record(position)
        if not self._stopped:
            self._open -= 1

    def stop(self) -> None:
        """End the loop after the current item, as if time were up."""
        self._asked = True
        # Outside a loop it says the same: there is more to do.
        self._open = self._open or 1

    def result(self, done: bool | None = None) -> "dict[str, Any]":
        """Return ``{"done": true}``, or ``{"done": false, "continuation": token}``.

        :param done: whether the work is finished; None: it is if every loop reached its end
        :raises NoProgress: more remain, and the continuation would be the one that this began with
        """
        if done is None:
            done = not self._open
            if not done and self._token == self._begun:
                raise NoProgress(self._why())
        return {"done": True} if done else {"done": False, "continuation": self._token}

    def _goes_on(self, left: int) -> bool:
        if self._asked or self._stopped or left <= 0 or left < self._longest:
            self._stopped = True
        return not self._stopped

    def _record(self, position: "Any") -> None:
        if self._ignored:
            raise NoProgress(
                "the event carries a continuation, but the loop began without reading position, "
                "so from the beginning. List the items after Resumable.position."
            )
        # Made at once, so that a position which cannot be kept is found with the first item.
        self._token = continuation.encode(self._name, position)
        self._position = position

    def _why(self) -> str:
        if self._stopped and not self._asked:
            return (
                "time was up before an item was done that the continuation could tell of: "
                f"{self.budget.milliseconds} ms are left beyond the reserve of "
                f"{self.budget.reserve} s. Raise the function's timeout, lower the reserve, or "
                "make the items smaller."
            )
        return (
            "the loop was left before its first item was done. Call stop() instead of break, or "
            "result(done=False) to ask for another round from the same position."
        )
