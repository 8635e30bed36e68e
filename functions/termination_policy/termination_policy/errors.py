"""Why fewer instances were returned than asked for."""

from __future__ import annotations

from surefoot.kit.errors import UserError


class NotCertain(UserError):
    """Something is not known for certain, so that no instance may go because of it."""


class DeadlinePassed(NotCertain):
    """The function's own deadline has passed."""


class ValidationError(NotCertain):
    """An event or a setting is wrong at `place`."""

    def __init__(self, place: str, reason: str, remedy: str) -> None:
        super().__init__(f"{place}: {reason}", remedy)
        self.args = (place, reason, remedy)
