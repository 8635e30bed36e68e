"""CDK context values from an event, as command-line arguments that cannot be anything else.

Each becomes one argument `--context=key=value`: no shell reads it, and since it begins with the
option's name, a value that begins with a dash is not an option. The CLI cuts the argument at
its first `=` with the pattern /=(.*)/, where `.` stops at a line end: keys have no `=`, and values
no line end. Source: `parseStringContextListToObject` in aws-cdk's lib/index.js; "CDK Toolkit" and
"Runtime context" in the CDK Developer Guide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from cdk_deploy.errors import RequestError

MAX_KEYS = 64
MAX_VALUE_BYTES = 8192
# A letter first and no ':' or '@': the CDK's own keys (aws:…, @aws-cdk/…) switch its features and
# belong in cdk.json, out of an event's reach.
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,127}")
# Control characters, and the two further line ends that JavaScript knows; NUL ends an argument.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read(given: Any, allowed: Collection[str] = ()) -> Mapping[str, str]:
    """Check an event's context and return it as text by key, sorted by key.

    Values are strings, numbers or booleans; `allowed`, unless empty, are the only keys.
    Raises RequestError, which names the key.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise RequestError(
            f"the context is {type(given).__name__}", 'write an object: {"desired_count": 4}'
        )
    if len(given) > MAX_KEYS:
        raise RequestError(f"the context has {len(given)} keys", f"{MAX_KEYS} are the limit")
    return {_key(key, allowed): _text(key, given[key]) for key in sorted(given, key=str)}


def as_cli_arguments(context: Mapping[str, str]) -> list[str]:
    """Return the arguments that hand a context from `read` to the CLI."""
    return [f"--context={key}={value}" for key, value in context.items()]


def _key(key: Any, allowed: Collection[str]) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise RequestError(
            f"{key!r} is not a context key",
            "use a letter, then up to 127 letters, digits, '_', '.' or '-'; keys of the CDK itself "
            "belong in cdk.json",
        )
    if allowed and key not in allowed:
        raise RequestError(
            f"the context key {key} is not allowed",
            f"use {', '.join(sorted(allowed))}, or add it to CDK_CONTEXT_KEYS",
        )
    return key


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)) and math.isfinite(value):
        return str(value)
    if not isinstance(value, str):
        raise RequestError(
            f"the context value of {key} is {type(value).__name__}",
            "give a string, a number or a boolean; anything else as JSON in a string",
        )
    forbidden = _FORBIDDEN.search(value)
    if forbidden:
        raise RequestError(
            f"the context value of {key} holds U+{ord(forbidden[0]):04X}",
            "leave control characters, line ends and lone surrogates out",
        )
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise RequestError(
            f"the context value of {key} is longer than {MAX_VALUE_BYTES:,} bytes",
            "put it into SSM or S3, and its name into the context",
        )
    return value
