"""The doctor's policy: how bad each finding is, and the data that checks compare with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from .finding import SEVERITIES

FILE = os.path.join(os.path.dirname(__file__), "policy.json")


@lru_cache(maxsize=1)
def load() -> Mapping[str, Any]:
    """Return the content of policy.json. Raises ValueError where a severity is none."""
    with open(FILE, encoding="utf-8") as file:
        policy = json.load(file)
    for code, severity in policy["severities"].items():
        if severity not in SEVERITIES:
            raise ValueError(f"policy.json: {code} is {severity!r}; it takes {SEVERITIES}")
    return MappingProxyType(policy)


def severity(code: str, policy: Mapping[str, Any]) -> str:
    """Return the severity of `code`; a code that nobody judged is an error."""
    return str(policy["severities"].get(code, SEVERITIES[0]))
