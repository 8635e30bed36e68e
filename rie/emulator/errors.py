"""Errors of Lambda's API, in the form that its clients read."""

from __future__ import annotations

from collections.abc import Mapping

from rie.emulator.settings import ACCOUNT, read_region


class ApiError(Exception):
    """An answer of the API that is an error; `fields` are members of the body beside the text."""

    def __init__(
        self, status: int, code: str, message: str, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = dict(fields or {})

    def body(self) -> dict[str, str]:
        """The JSON object; ResourceNotFoundException alone calls its text Message."""
        name = "Message" if self.code == "ResourceNotFoundException" else "message"
        return {"Type": "User", **self.fields, name: self.message}


def make_not_found(name: str, qualifier: str | None) -> ApiError:
    """No such function, or no such version of it."""
    arn = f"arn:aws:lambda:{read_region()}:{ACCOUNT}:function:{name}"
    full = f"{arn}:{qualifier}" if qualifier else arn
    return ApiError(404, "ResourceNotFoundException", f"Function not found: {full}")
