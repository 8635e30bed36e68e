"""The one error that a caller can correct."""

from __future__ import annotations


class UserError(ValueError):
    """An event that can't be served.

    `reason` names the member and what is wrong with it, `remedy` says what to write instead.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy
