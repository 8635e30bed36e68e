"""One invocation at a time: a lease in DynamoDB, and a record of events that are done.

The table has a string key pk and may have a time to live on the attribute expires. The lease of a
scenario is an item with its owner, its end, and the time of the event that the owner works for. A
newer event of the same scenario writes its own time there, and the owner gives way. An event of
another scenario with the same lease waits until the owner is done. All writes are conditional.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, Protocol

from scheduled_scaling.errors import LeaseHeld, StaleEvent, Superseded

_MARGIN_S = 5.0  # clocks of two machines differ
_TRANSFER_S = 120.0  # until the next invocation of a chain has begun
_DONE_RECORD_S = 7 * 86_400
_MIN_RENEWAL_S = 5.0


class Lease(Protocol):
    """Keeps two invocations from working on the same scenario."""

    place: str  # for people

    def acquire(self, seconds: float, /) -> bool:
        """Take the lease for so many seconds; False if this event is done already.

        Raises LeaseHeld if another invocation has it, after a request that it gives way; StaleEvent
        if a newer event ran.
        """

    def renew(self, seconds: float, /) -> None:
        """Extend the lease. Raises Superseded if a newer event has or requests it."""

    def transfer(self) -> str:
        """Hand the lease to the next invocation of the chain; returns its owner token."""

    def release(self, done: bool, /) -> None:
        """Give the lease back; `done`: the event must not be worked on again."""


class NoLease:
    """No lease, for lack of a table: plans are computed from the state, which is safe alone."""

    place = (
        "none: without SCALING_TABLE, overlapping steps work against each other, and an event that "
        "arrives twice is worked on twice (the second time, nothing is left to do)"
    )

    def acquire(self, _: float) -> bool:
        return True

    def renew(self, _: float) -> None:
        return

    def transfer(self) -> str:
        return ""

    def release(self, _: bool) -> None:
        return


class TableLease:
    """A lease in a table. Times are seconds since the epoch, of `clock`."""

    def __init__(
        self,
        client: Any,
        table: str,
        name: str,
        *,
        owner: str,
        key: str,
        at: float,
        clock: Callable[[], float],
        scenario: str = "",
    ) -> None:
        """Name the lease and its holder.

        :param name: of the lease, which several scenarios may share
        :param scenario: whose events follow each other; others' neither end them nor are older
        """
        self._client, self._table = client, table
        own = "" if scenario in ("", name) else f":{scenario}"
        self._scenario = scenario or name
        self._names = {
            **{each: each for each in ("owner", "until", "scenario")},
            **{each: f"{each}{own}" for each in ("at", "heir")},
        }
        self._pk, self._done_pk = f"lease#{name}", f"done#{key}" if key else ""
        self._owner, self._at, self._clock = owner, at, clock
        self._renewed = 0.0
        known = "with known events" if key else "without known events, since this one has no key"
        self.place = f"table {table}, {known}"

    def acquire(self, seconds: float) -> bool:
        if self._done_pk and self._item(self._done_pk):
            return False
        free = "attribute_not_exists(pk) OR #until <= :now OR #owner = :owner"
        # A time that is ahead of any clock is an error in an earlier event, not a newer one.
        newer = "attribute_not_exists(#at) OR #at <= :at OR #at > :ahead"
        taken = self._update(
            f"({free}) AND ({newer})",
            "SET #owner = :owner, #until = :until, #at = :at, #scenario = :scenario",
            seconds,
        )
        if taken is not None:
            self._renewed = self._clock()
            return True
        item = self._item(self._pk)
        at = self._time(item, "at")
        if self._at < at <= self._clock() + _MARGIN_S:
            raise StaleEvent("a newer event has run since")
        self._request_lease()
        left = self._time(item, "until") - self._clock()
        raise LeaseHeld(f"another invocation works on it, for at most {max(left, 0):.0f} s more")

    def renew(self, seconds: float) -> None:
        if self._clock() - self._renewed < _MIN_RENEWAL_S:
            return
        item = self._update("#owner = :owner", "SET #until = :until", seconds)
        if item is None:
            self._raise_lost()
        heir = self._time(item, "heir")
        if self._at < heir <= self._clock() + _MARGIN_S:
            self._expire()
            raise Superseded("a newer event takes over")
        self._renewed = self._clock()

    def transfer(self) -> str:
        token = uuid.uuid4().hex
        change = "SET #owner = :next, #until = :until"
        if self._update("#owner = :owner", change, _TRANSFER_S, {":next": {"S": token}}) is None:
            self._raise_lost()
        return token

    def release(self, done: bool) -> None:
        if done and self._done_pk:
            expires = int(self._clock() + _DONE_RECORD_S)
            item = {"pk": {"S": self._done_pk}, "expires": {"N": str(expires)}}
            self._client.put_item(TableName=self._table, Item=item)
        self._expire()

    def _raise_lost(self) -> NoReturn:
        holder = self._item(self._pk).get("scenario", {}).get("S", self._scenario)
        if holder != self._scenario:
            raise LeaseHeld(f"the lease ended, and an event of {holder} has it now")
        raise Superseded("another invocation has taken over")

    def _expire(self) -> None:
        # The item stays: it has the time of the last event that ran.
        self._update("#owner = :owner", "SET #until = :until", -_MARGIN_S)

    def _request_lease(self) -> None:
        newest = "attribute_not_exists(#heir) OR #heir < :at OR #heir > :ahead"
        self._update(newest, "SET #heir = :at", 0)

    def _time(self, item: Mapping[str, Any], name: str) -> float:
        return float(item.get(self._names[name], {}).get("N", "0"))

    def _item(self, pk: str) -> Mapping[str, Any]:
        answer = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}}, ConsistentRead=True
        )
        item: Mapping[str, Any] = answer.get("Item", {})
        return item

    def _update(
        self,
        condition: str,
        change: str,
        seconds: float,
        further: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any] | None:
        """Change the lease's item and return it; None if the condition does not hold."""
        now = self._clock()
        values = {
            ":owner": {"S": self._owner},
            ":scenario": {"S": self._scenario},
            ":at": {"N": f"{self._at:.3f}"},
            ":now": {"N": f"{now:.3f}"},
            ":ahead": {"N": f"{now + _MARGIN_S:.3f}"},
            ":until": {"N": f"{now + seconds + _MARGIN_S:.3f}"},
            **(further or {}),
        }
        text = f"{condition} {change}"
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": self._pk}},
                ConditionExpression=condition,
                UpdateExpression=change,
                # DynamoDB rejects names and values that are not used.
                ExpressionAttributeNames={
                    f"#{short}": long for short, long in self._names.items() if f"#{short}" in text
                },
                ExpressionAttributeValues={
                    name: value for name, value in values.items() if _uses(text, name)
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        item: Mapping[str, Any] = answer["Attributes"]
        return item


def _uses(text: str, name: str) -> bool:
    return name in text.replace("(", " ").replace(")", " ").replace(",", " ").split()
