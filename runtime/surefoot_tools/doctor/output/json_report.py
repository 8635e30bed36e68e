"""A result for programs: JSON, version 1."""

from __future__ import annotations

import json
from typing import Any

from ..finding import RatedFinding, Result
from ..rules import RULES

VERSION = 1


def to_json(result: Result) -> str:
    """Return the result as an indented JSON object.

    ``findings`` and ``ignored`` are lists of code, severity, title, message, remedy, path, line
    (0 if there is none) and, in ``ignored``, reason. ``counts`` is by severity; ``checked`` has
    every code that was checked. New keys do not change the version; changing one of these does.
    """
    return json.dumps(
        {
            "version": VERSION,
            "target": result.target,
            "failed": result.failed,
            "counts": result.counts,
            "findings": [_to_dict(rated) for rated in result.findings],
            "ignored": [{**_to_dict(rated), "reason": rated.reason} for rated in result.ignored],
            "checked": list(RULES),
        },
        indent=2,
    )


def _to_dict(rated: RatedFinding) -> dict[str, Any]:
    finding = rated.finding
    return {
        "code": finding.code,
        "severity": rated.severity,
        "title": RULES[finding.code].title,
        "message": finding.message,
        "remedy": finding.remedy,
        "path": finding.path,
        "line": finding.line,
    }
