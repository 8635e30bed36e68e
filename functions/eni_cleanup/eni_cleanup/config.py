"""The function's settings, from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from surefoot.kit.errors import UserError


class Config(NamedTuple):
    """Rates are those of "Request throttling for the Amazon EC2 API" for an account untouched."""

    poll_s: float = 15.0  # between two looks while Lambda releases interfaces
    reserve_s: float = 60.0  # of an invocation, for handing over or answering
    describe_per_s: float = 20.0
    describe_burst: float = 100.0
    mutate_per_s: float = 5.0
    mutate_burst: float = 50.0


_VARIABLES = {
    "POLL_SECONDS": ("poll_s", 1.0, 300.0),
    "RESERVE_SECONDS": ("reserve_s", 1.0, 300.0),
    "DESCRIBE_PER_SECOND": ("describe_per_s", 0.1, 1000.0),
    "DESCRIBE_BURST": ("describe_burst", 1.0, 1000.0),
    "MUTATE_PER_SECOND": ("mutate_per_s", 0.1, 1000.0),
    "MUTATE_BURST": ("mutate_burst", 1.0, 1000.0),
}


def read(environ: Mapping[str, str]) -> Config:
    """Return the settings; a variable that is absent or empty leaves its default.

    :raises UserError: a variable is not a number, or out of range
    """
    given = {
        field: _number(name, environ[name], low, high)
        for name, (field, low, high) in _VARIABLES.items()
        if environ.get(name)
    }
    return Config()._replace(**given)


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise UserError(
            f"the variable {name} is {text!r}",
            f"set it to a number from {low:g} to {high:g}, or remove it for the default",
        )
    return value
