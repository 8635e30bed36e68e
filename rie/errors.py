"""The one exception that commands of the bench raise on purpose."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend: `reason` says what is wrong, `remedy` what to type or change."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.reason}\n  remedy: {self.remedy}"
