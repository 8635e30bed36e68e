"""The one exception that the commands of rie raise on purpose."""

from __future__ import annotations

from rie.untrusted_text import redact_credentials


class UserError(Exception):
    """An error that the user can correct: `reason` says what is wrong, `remedy` what to do.

    Credentials are removed from both.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason = redact_credentials(reason)
        self.remedy = redact_credentials(remedy)
        super().__init__(self.reason)

    def __str__(self) -> str:
        return f"{self.reason}\n  remedy: {self.remedy}"
