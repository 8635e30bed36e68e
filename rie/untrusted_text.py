"""Text from outside (AWS, registries, engines, functions), made safe to show.

Control characters go, because a terminal obeys them; credentials go, because messages end up in
logs and bug reports.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

REDACTED = "[redacted]"
# ECMA-48: CSI sequences, strings that end with BEL or ST (titles, links), all other escapes.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
# C0 but tab and line feed, DEL, C1, and what reorders the text around it (Unicode TR 9).
_CONTROL_CHARACTER = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_LINE_END = re.compile(r"\r+\n|\r")
_CREDENTIALS = (
    # https://user:password@host
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    # The query of a presigned URL.
    re.compile(
        r"(?<=X-Amz-Signature=)[^&\s\"']+|(?<=X-Amz-Security-Token=)[^&\s\"']+", re.IGNORECASE
    ),
    re.compile(r"(?<=X-Amz-Credential=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(?<=Authorization: )[^\r\n\"']+", re.IGNORECASE),
    re.compile(r"(?<=Basic )[A-Za-z0-9+/=_-]{16,}|(?<=Bearer )[A-Za-z0-9+/=_.-]{16,}"),
)
_SECRET_VARIABLES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_MIN_SECRET_LENGTH = 12  # shorter values occur in ordinary text
_known_secrets: set[str] = set()


def register_secret(secret: str) -> None:
    """Redact `secret` from everything that is shown from now on."""
    if len(secret) >= _MIN_SECRET_LENGTH:
        _known_secrets.add(secret)


def strip_control_characters(text: str) -> str:
    """`text` without escape sequences and control characters; tabs and line ends stay."""
    text = _LINE_END.sub("\n", _ESCAPE_SEQUENCE.sub("", text))
    return _CONTROL_CHARACTER.sub("", text)


def escape_control_characters(text: str) -> str:
    r"""`text` with control characters as escapes such as \x1b, to show where they are."""
    return _CONTROL_CHARACTER.sub(lambda found: repr(found[0])[1:-1], text)


def redact_credentials(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """`text` without passwords in URLs, signatures, tokens, and this process's AWS secrets."""
    for pattern in _CREDENTIALS:
        text = pattern.sub(REDACTED, text)
    own = {environ.get(name, "") for name in _SECRET_VARIABLES}
    for secret in (*_known_secrets, *own):
        if len(secret) >= _MIN_SECRET_LENGTH:
            text = text.replace(secret, REDACTED)
    return text


def make_safe(text: str) -> str:
    """`text` as it may be shown: both of the above."""
    return redact_credentials(strip_control_characters(text))
