"""The one way in which functions say what is wrong and what to do about it."""

from __future__ import annotations


class UserError(Exception):
    """Something that the reader can correct.

    :param reason: what is wrong and where: the setting, resource, file or member of the event
    :param remedy: what to do about it
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.reason}; {self.remedy}"
