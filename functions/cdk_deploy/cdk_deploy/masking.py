"""Mask secrets in everything that leaves the function: log lines, errors and answers.

An app may print a secret, by mistake or in a stack trace, and the log keeps it. Masked are values
of variables and context keys whose names say secret, what CDK_SECRETS declares, what the app itself
declares by a line ``::add-mask::VALUE`` (as in GitHub's workflows), tokens of known forms, and what
follows a secret's name. This is a safety net: secrets belong in Secrets Manager, not in a context.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "****"
# A shorter value may be an ordinary word or number of other lines. If it was declared to be a
# secret, it is masked where it is a word of its own.
MIN_SECRET_CHARS = 6

_NAME = (
    r"(?:pass(?:word|wd|phrase)|secret|token|credential"
    r"|api[-_.]?key|access[-_.]?key|private[-_.]?key|authorization)"
)
_NAMED = re.compile(_NAME, re.IGNORECASE)
_FORMS = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{36,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}"
    r"|AIza[A-Za-z0-9_-]{35}"
    r"|[sr]k_live_[A-Za-z0-9]{16,}"
)
# password=value, "dbPassword": "value", --token value, Authorization: Bearer value. Not numbers,
# ARNs, references, statuses or true and false, which follow such names in a diff and in events,
# nor types of resources such as AWS::SecretsManager::Secret.
_ASSIGNMENT = re.compile(
    rf"""(?P<name>(?:(?<![:\w.-])[\w.-]*{_NAME}[\w.-]*["']?\s*[:=](?![:=])\s*|--[\w.-]*{_NAME}[\w.-]*\s+)
    (?:(?:Bearer|Basic)\s+)?["']?)
    (?P<value>(?!arn:|[\[{{$<]|(?:\d+|true|false|none|null|(?-i:[A-Z]+_[A-Z_]+))\b)[^\s"',;]{{4,}})""",
    re.IGNORECASE | re.VERBOSE,
)
_URL_PASSWORD = re.compile(r"(?P<start>\w+://[^\s/:@]*:)[^\s/@]+(?=@)")
_DECLARATION = "::add-mask::"
_PRIVATE_KEY = re.compile(r"-----(?P<edge>BEGIN|END) [A-Z ]*PRIVATE KEY-----")


class Masker:
    """Masks the secrets of one invocation. Lines must be passed in order (see private keys)."""

    def __init__(self, environ: Mapping[str, str], context: Mapping[str, str]) -> None:
        self._values: set[str] = set()
        self._words: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self._in_private_key = False
        named = [*environ.items(), *context.items()]
        self.add([value for name, value in named if _NAMED.search(name)])

    def add(self, values: Iterable[str]) -> None:
        """Mask these values, too, from now on; short ones are ignored.

        Also as they are in JSON, in a URL and in base64.
        """
        found = [value for value in values if len(value) >= MIN_SECRET_CHARS]
        self._values |= {form for value in found for form in _forms(value)}
        self._compile()

    def declare(self, value: str) -> None:
        """Mask a value that is a secret without doubt, however short it is."""
        if 0 < len(value) < MIN_SECRET_CHARS:
            self._words.add(value)
        self.add([value])

    def _compile(self) -> None:
        # The longest first: one may contain another.
        known = [re.escape(value) for value in sorted(self._values, key=len, reverse=True)]
        known += [rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(self._words)]
        self._known = re.compile("|".join(known)) if known else None

    def mask(self, text: str) -> str:
        """Return the text with secrets replaced by MASK."""
        if self._known:
            text = self._known.sub(MASK, text)
        text = _FORMS.sub(MASK, text)
        text = _URL_PASSWORD.sub(rf"\g<start>{MASK}", text)
        return _ASSIGNMENT.sub(rf"\g<name>{MASK}", text)

    def mask_line(self, line: str) -> str:
        """Mask the next line of a program's output, also the lines within a private key."""
        _, declared, value = line.partition(_DECLARATION)
        if declared:
            self.declare(value.strip())
            return f"{_DECLARATION}{MASK}"
        edge = _PRIVATE_KEY.search(line)
        if edge:
            self._in_private_key = edge["edge"] == "BEGIN"
            return line
        return MASK if self._in_private_key else self.mask(line)

    def mask_json(self, value: Any) -> Any:
        """Mask the strings within a JSON value, but not the names of its members.

        Only known values and forms: in a template, a member after a secret's name is a reference.
        """
        if isinstance(value, str):
            text = self._known.sub(MASK, value) if self._known else value
            return _FORMS.sub(MASK, text)
        if isinstance(value, dict):
            return {name: self.mask_json(member) for name, member in value.items()}
        return [*map(self.mask_json, value)] if isinstance(value, list) else value


def _forms(value: str) -> set[str]:
    """Return a value as programs print it."""
    encoded = value.encode("utf-8", "replace")
    return {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        quote(encoded, safe=""),
        quote_plus(encoded),
        base64.b64encode(encoded).decode(),
        base64.urlsafe_b64encode(encoded).decode(),
    }
