"""POLICY, the function's configuration: strategies by name, separated by commas."""

from __future__ import annotations

from typing import NamedTuple

from termination_policy.errors import Invalid
from termination_policy.strategies import STRATEGIES
from termination_policy.strategy import Strategy


class Policy(NamedTuple):
    """Strategies in the order in which they work."""

    text: str
    orders: tuple[Strategy, ...]
    filters: tuple[Strategy, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services of AWS that it asks; none makes it pure."""
        return tuple(name for one in (*self.orders, *self.filters) for name in one.services)


def read_policy(text: str, name: str = "POLICY") -> Policy:
    """Read "not_tagged:protect, oldest". Raises Invalid.

    What orders works before what filters, wherever it stands: then only those are asked about that
    are next to go. Of two orders the first written counts more.

    :param name: the variable that it comes from, for the error
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise Invalid(name, "it names no strategy", f"name one or more of {_known()}")
    made = [_strategy(word, name) for word in words]
    orders = [one for one in made if one.orders]
    # Sorts are stable: the last to sort counts most.
    return Policy(
        text=", ".join(words),
        orders=tuple(reversed(orders)),
        filters=tuple(one for one in made if not one.orders),
    )


def _strategy(word: str, variable: str) -> Strategy:
    name, _, argument = word.partition(":")
    if name not in STRATEGIES:
        raise Invalid(variable, f"there is no strategy {name!r}", f"there are {_known()}")
    try:
        return STRATEGIES[name](argument.strip())
    except ValueError as error:
        raise Invalid(variable, f"{word!r} cannot be", f"write {error}") from None


def _known() -> str:
    return ", ".join(STRATEGIES)
