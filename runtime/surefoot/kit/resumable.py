"""Work that takes longer than an invocation: continuation tokens, and who carries them on.

An invocation hands to the next one a *token* in the member ``continuation`` of the event.
Resumable makes tokens for loops over items, Chain for any other state. Both work alike with a
Step Functions loop, with self-invocation and with an event that a person sends again.
"""

import binascii
import time

from .. import Marshaller
from .time_budget import Budget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar

    from .time_budget import HasRemainingTime

    T = TypeVar("T")

MEMBER = "continuation"  # of the event
# EventBridge entries, Step Functions states and SQS messages carry 256 KiB; this leaves room for
# what travels with the token.
MAX_TOKEN_CHARS = 192 * 1024
# Of a chain that invokes itself. Half-hour invocations reach it after three weeks; a chain that
# hands over at once, by mistake, is stopped before it costs much.
MAX_INVOCATIONS = 1000

_FORMAT = "sf1"
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_REMEDY = "Pass it on as it was returned, or leave it out to start from the beginning."


class ContinuationError(ValueError):
    """A continuation token cannot be read, or a position cannot be made into one.

    The message names the token or position, what is wrong with it, and what to do.
    """


class NoProgress(RuntimeError):
    """An invocation made no progress, so that the next one would only repeat it, endlessly.

    The invocation fails instead: Lambda and Step Functions retry a failure a few times only, and
    an alarm on errors notices it.
    """


def encode_token(name: str, position: "Any") -> str:
    """Return the token of a position.

    It is ``sf1.<check>.<position>``: the format, the CRC-32 of the last part in hexadecimal, and
    the JSON of [name, position] in base64url without padding (RFC 4648 section 5). So it passes
    unchanged through queues, URLs and JSON, and a token that was cut or comes from elsewhere is
    recognised. The check is not a signature: a position deserves as much trust as any event.

    :param name: the work that it belongs to
    :param position: any JSON value
    :raises ContinuationError: the position has no JSON form, or the token would be longer than
        MAX_TOKEN_CHARS
    """
    try:
        data = Marshaller().dumps([name, position])
    except (TypeError, ValueError, RecursionError) as error:
        raise ContinuationError(
            f"the position {_truncate(position)} cannot become a continuation token: {error}. Let "
            "key return a JSON value that says where to go on: an id, a page's token, a date as "
            "text."
        ) from None
    text = binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")
    token = f"{_FORMAT}.{binascii.crc32(text):08x}.{text.decode()}"
    if len(token) > MAX_TOKEN_CHARS:
        raise ContinuationError(
            f"the position {_truncate(position)} makes a continuation token of {len(token):,} "
            f"characters; {MAX_TOKEN_CHARS:,} is the limit. Keep in it only where to go on, and "
            "the rest in S3 or DynamoDB."
        )
    return token


def decode_token(name: str, token: object) -> "Any":
    """Return the position in a token.

    :param name: the work that the token must belong to
    :raises ContinuationError: it is damaged, or not a token of this format and of this work
    """
    if not isinstance(token, str):
        raise _token_error(token, f"is a value of type {type(token).__name__}, not a string")
    kind, _, rest = token.partition(".")
    check, _, text = rest.partition(".")
    if kind != _FORMAT:
        if kind.startswith("sf") and kind[2:].isdecimal():
            raise _token_error(
                token, f"has the format {kind}; this version of surefoot reads {_FORMAT}"
            )
        raise _token_error(token, "was not made by surefoot")
    raw = text.encode("utf-8", "replace")
    if check != f"{binascii.crc32(raw):08x}":
        raise _token_error(token, "is damaged: it was cut or changed on its way")
    try:
        data = binascii.a2b_base64(raw.translate(_FROM_URL) + b"=" * (-len(raw) % 4))
        owner, position = Marshaller().loads(str(data, "utf-8"))
    except (ValueError, TypeError, RecursionError):
        raise _token_error(token, "was not made by surefoot, although its check is right") from None
    if owner != name:
        raise _token_error(token, f"belongs to the work {owner!r}, not to {name!r}")
    return position


def _token_error(token: object, reason: str) -> ContinuationError:
    return ContinuationError(f"the continuation token {_truncate(token)} {reason}. {_REMEDY}")


def _truncate(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


class Chain:
    """Hand state from one invocation to the next, and know where in the chain this one is.

    >>> def handler(event, context):
    ...     chain = Chain(event, "count")
    ...     count = (chain.state or 0) + 1
    ...     if count < 2:
    ...         return {"done": False, "next": chain.next_event({"unit": "s"}, count)}
    ...     return {"done": True, "count": count, "invocations": chain.invocation}
    >>> first = handler({"unit": "s"}, None)
    >>> sorted(first["next"])
    ['continuation', 'unit']
    >>> handler(first["next"], None)
    {'done': True, 'count': 2, 'invocations': 2}

    A Step Functions loop needs nothing else: a Choice on ``$.done``, a Wait with the OutputPath
    ``$.next``. A function that goes on by itself calls invoke_next().

    `state` is what the invocation before handed over, None at the beginning; `invocation` counts
    from 1; `started_at` is when the first one began, in seconds since the epoch.
    """

    def __init__(
        self,
        event: object,
        name: str,
        *,
        time_limit_s: float = float("inf"),
        clock: "Callable[[], float]" = time.time,
    ) -> None:
        """Begin, or go on where the event says.

        :param event: the payload, which may hold ``continuation``
        :param name: of this work, so that no other accepts its tokens
        :param time_limit_s: seconds that all invocations together may take
        :param clock: seconds since the epoch
        :raises ContinuationError: the token is damaged or belongs to other work
        """
        token = event.get(MEMBER) if isinstance(event, dict) else None
        self._name, self._clock, self._time_limit_s = name, clock, time_limit_s
        self.state: Any = None
        self.invocation, self.started_at = 1, clock()
        if token is not None:
            position = decode_token(name, token)
            if not (isinstance(position, list) and [*map(type, position[:2])] == [int, float]):
                raise _token_error(token, "holds the position of a loop, not a state")
            self.invocation, self.started_at, self.state = position

    @property
    def elapsed_s(self) -> float:
        """Seconds since the first invocation began."""
        return self._clock() - self.started_at

    @property
    def remaining_s(self) -> float:
        """Seconds until the time limit of the whole chain, never below 0."""
        return max(self._time_limit_s - self.elapsed_s, 0.0)

    def next_event(self, event: "Mapping[str, Any]", state: "Any") -> "dict[str, Any]":
        """Return the event with which another invocation goes on.

        :param event: what that invocation needs besides the state
        :param state: any JSON value
        :raises ContinuationError: the state has no JSON form, or is too large
        """
        position = [self.invocation + 1, float(self.started_at), state]
        return {**event, MEMBER: encode_token(self._name, position)}

    def invoke_next(
        self, client: "Any", context: "Any", event: "Mapping[str, Any]", state: "Any"
    ) -> None:
        """Invoke this function again, asynchronously, with next_event().

        Lambda itself stops a chain after about 16 invocations, unless the function's RecursiveLoop
        setting is Allow; then MAX_INVOCATIONS is the limit.

        :param client: boto3's Lambda client
        :param context: the handler's second argument
        :param event: what the next invocation needs besides the state
        :param state: any JSON value
        :raises NoProgress: the chain has MAX_INVOCATIONS invocations
        :raises ContinuationError: the state has no JSON form, or is too large
        :raises Exception: what botocore raises
        """
        from .self_invoke import invoke_self_async

        if self.invocation >= MAX_INVOCATIONS:
            raise NoProgress(
                f"{self._name} was invoked {self.invocation:,} times within {self.elapsed_s:.0f} s "
                "and is not done. See in the log what it waits for, and send the event again."
            )
        invoke_self_async(client, context, self.next_event(event, state))


class Resumable:
    """Work on items in order, as many as time allows; the next invocation goes on behind them.

    >>> def handler(event, context):
    ...     work = Resumable(event, context, reserve=5.0)
    ...     for number in work.iterate(range(work.position or 0, 9), key=lambda number: number + 1):
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
      fails or is killed are processed again: at least once each, so make the work idempotent.
    - An item is begun only if the longest so far in this invocation would fit into what is left.
      The first is always tried while there is any time at all beyond the reserve.
    - A continuation is always further on than the one before, or NoProgress is raised: a chain of
      invocations ends. An item that no invocation is long enough for shows as a time-out; with
      SUREFOOT_DEADLINE_RAISE=1 the loop's body can catch DeadlineExceeded and skip it.
    """

    def __init__(
        self,
        event: object,
        context: "HasRemainingTime",
        reserve: float = 1.0,
        name: str | None = None,
    ) -> None:
        """Begin, or go on where the event says.

        :param event: what may hold ``continuation``; for EventBridge pass ``event["detail"]``
        :param context: the handler's second argument
        :param reserve: seconds kept back for what the handler does after the loop
        :param name: of this work, so that no other accepts its tokens; None: the function's name
        :raises ContinuationError: the token is damaged or belongs to other work
        :raises TypeError: context has no remaining time
        :raises ValueError: reserve is negative or not a number of seconds
        """
        self.budget = Budget(context, reserve)
        self._name = name if name is not None else getattr(context, "function_name", None) or ""
        token = event.get(MEMBER) if isinstance(event, dict) else None
        self._position = None if token is None else decode_token(self._name, token)
        self._initial_token = self._token = encode_token(self._name, self._position)
        self._position_unread = token is not None
        self._longest_ms = 0
        self._done_count = 0  # items, in this invocation
        self._open_loops = 0  # that have not reached the end of their items
        self._stop_requested = False
        self._stopped = False

    @property
    def position(self) -> "Any":
        """What ``key`` returned for the last item that is done, as JSON; None at the beginning."""
        self._position_unread = False
        return self._position

    def iterate(self, items: "Iterable[T]", key: "Callable[[T], Any]") -> "Iterator[T]":
        """Yield the items that there is time for.

        Loops may be nested or follow each other, if their keys tell them apart: when one stops, all
        do. To leave a loop early call stop() instead of ``break``, which repeats its item.

        :param items: what comes after ``position``, in an order that stays the same; fetching the
            next one (a page, say) is part of the time it takes
        :param key: the position after an item, any JSON value that is unique among the items. None
            says that nothing follows, as a page's missing NextToken does
        :raises ContinuationError: the key cannot become a token
        :raises NoProgress: the event has a continuation, but ``position`` was not read
        """
        self._open_loops += 1
        iterator = iter(items)
        before_ms = self.budget.milliseconds
        while self._has_time(before_ms):
            done_count = self._done_count
            try:
                item = next(iterator)
            except StopIteration:
                break
            yield item
            if self._stopped:
                # A loop inside this one ran out of time in the middle of our item.
                return
            after_ms = self.budget.milliseconds
            if self._done_count == done_count:
                # Only innermost items are measured; others can stop half-way.
                self._longest_ms = max(self._longest_ms, before_ms - after_ms)
            before_ms = after_ms
            position = key(item)
            self._done_count += 1
            if position is None:
                break
            self._save(position)
        if not self._stopped:
            self._open_loops -= 1

    def stop(self) -> None:
        """End the loop after the current item, as if time were up."""
        self._stop_requested = True
        # Outside a loop it means the same: more work remains.
        self._open_loops = self._open_loops or 1

    def result(self, done: bool | None = None) -> "dict[str, Any]":
        """Return ``{"done": true}``, or ``{"done": false, "continuation": token}``.

        :param done: whether the work is finished; None: it is if every loop reached its end
        :raises NoProgress: more remain, and the continuation would be the one that this began with
        """
        if done is None:
            done = not self._open_loops
            if not done and self._token == self._initial_token:
                raise NoProgress(self._no_progress_message())
        return {"done": True} if done else {"done": False, MEMBER: self._token}

    def _has_time(self, left_ms: int) -> bool:
        if self._stop_requested or self._stopped or left_ms <= 0 or left_ms < self._longest_ms:
            self._stopped = True
        return not self._stopped

    def _save(self, position: "Any") -> None:
        if self._position_unread:
            raise NoProgress(
                "the event has a continuation, but the loop began without reading position, so "
                "from the beginning. List the items after Resumable.position."
            )
        # Made at once, so that a position that cannot become a token is found with the first item.
        self._token = encode_token(self._name, position)
        self._position = position

    def _no_progress_message(self) -> str:
        if self._stopped and not self._stop_requested:
            return (
                "time was up before an item was done that the continuation could record: "
                f"{self.budget.milliseconds} ms are left beyond the reserve of "
                f"{self.budget.reserve} s. Raise the function's timeout, lower the reserve, or "
                "make the items smaller."
            )
        return (
            "the loop was left before its first item was done. Call stop() instead of break, or "
            "result(done=False) to ask for another round from the same position."
        )
