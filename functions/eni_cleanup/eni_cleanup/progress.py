"""What a request has come to: the state that one invocation hands to the next, in a Chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surefoot.kit.errors import UserError
from surefoot.kit.resumable import Chain

from .interfaces import NetworkConfig
from .inventory import UserList
from .request import Request

# A response URL is valid for two hours; an earlier time is another clock's, or an old event's.
_OLDEST_S = 2 * 3600.0
_MAX_USERS = 200  # names of 140 characters at most, in an event of 256 KB


@dataclass
class Progress:
    """Progress so far; `left` has lines for people."""

    deleted: int = 0
    left: list[str] = field(default_factory=list)
    left_count: int = 0
    last_error: str = ""
    # The last list of functions: (subnet, groups, users) of the interfaces' pairs, when, how long.
    users: list[Any] = field(default_factory=list)
    listed_at: float = 0.0
    list_s: float = 0.0

    def keep_users(self, known: UserList | None) -> None:
        """Hand a list of functions on, as long as it is short; another one is made otherwise."""
        pairs = known.users.items() if known else ()
        rows = [[pair.subnet, list(pair.groups), list(names)] for pair, names in pairs]
        if known is not None and sum(len(row[2]) for row in rows) <= _MAX_USERS:
            self.users, self.listed_at, self.list_s = rows, known.at, known.seconds
        else:
            self.users, self.listed_at, self.list_s = [], 0.0, 0.0

    def known_users(self) -> UserList | None:
        """The list of functions that the invocation before made, None without one."""
        if not self.listed_at:
            return None
        users = {
            NetworkConfig(subnet, tuple(groups)): tuple(names)
            for subnet, groups, names in self.users
        }
        return UserList(users, self.listed_at, self.list_s)


def open_chain(event: Mapping[str, Any], now: float) -> Chain:
    """Return the chain of invocations that work on a request.

    :param now: seconds since the epoch
    :raises ContinuationError: the continuation is damaged, or belongs to another request
    """
    return Chain(event, f"eni_cleanup {event['RequestId']}", clock=lambda: now)


def began_at(request: Request, chain: Chain) -> float:
    """Return when CloudFormation began to wait, in seconds since the epoch.

    That is before the first invocation, if Lambda repeats one that was killed.
    """
    sent_at = request.sent_at
    if sent_at is not None and chain.started_at - _OLDEST_S <= sent_at <= chain.started_at:
        return sent_at
    return chain.started_at


def read_progress(chain: Chain) -> Progress:
    """Return what the invocation before handed over; nothing done in the first one.

    :raises UserError: another version of this function wrote it
    """
    try:
        return Progress(**(chain.state or {}))
    except TypeError:
        raise UserError(
            f"the continuation has the state {chain.state!r}, of another version of this function",
            "leave it out of the event, to begin again",
        ) from None
