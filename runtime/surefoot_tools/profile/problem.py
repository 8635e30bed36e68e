"""The one exception that the command raises on purpose."""

from __future__ import annotations


class Problem(Exception):
    """Something the user can mend: ``reason`` says what is wrong, ``remedy`` what to do."""

    def __init__(self, reason: str, remedy: str, exit_code: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.reason}\n  remedy: {self.remedy}"
