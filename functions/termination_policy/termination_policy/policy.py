"""POLICY, the function's configuration: strategies by name, separated by commas."""

from __future__ import annotations

from typing import NamedTuple

from termination_policy.errors import ValidationError
from termination_policy.strategies import STRATEGIES
from termination_policy.strategy import Strategy


class Policy(NamedTuple):
    """Strategies in the order in which they work."""

    text: str
    orders: tuple[Strategy, ...]
    filters: tuple[Strategy, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The AWS services that it calls; without any it is pure."""
        return tuple(name for one in (*self.orders, *self.filters) for name in one.services)


def read_policy(text: str, name: str = "POLICY") -> Policy:
    """Read a policy such as "not_tagged:protect, oldest". Raises ValidationError.

    Strategies that sort run before those that filter, in any order of words: then only the next
    candidates are asked about. Of two sorts the first one written counts more.

    :param name: the variable that it comes from, for the error
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise ValidationError(name, "it has no strategy", f"name one or more of {_known()}")
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
        raise ValidationError(variable, f"there is no strategy {name!r}", f"there are {_known()}")
    try:
        return STRATEGIES[name](argument.strip())
    except ValueError as error:
        raise ValidationError(variable, f"{word!r} is not possible", f"write {error}") from None


def _known() -> str:
    return ", ".join(STRATEGIES)
