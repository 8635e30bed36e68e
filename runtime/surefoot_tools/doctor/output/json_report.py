"""A result for programs: JSON, version 1."""

from __future__ import annotations

import json
from typing import Any

from ..result import Judged, Result

VERSION = 1


def to_json(result: Result) -> str:
    """Return the result as a JSON object, on lines of its own.

    ``findings`` and ``ignored`` are lists of code, severity, title, message, remedy, path, line
    (0 where there is none) and, for the ignored, reason; ``counts`` is by severity; ``checked`` has
    the codes that were looked for. New keys may come; a change of these makes it version 2.
    """
    return json.dumps(
        {
            "version": VERSION,
            "target": result.target,
            "failed": result.failed,
            "counts": result.counts,
            "findings": [_one(judged, result) for judged in result.findings],
            "ignored": [
                {**_one(judged, result), "reason": judged.reason} for judged in result.ignored
            ],
            "checked": list(result.checked),
        },
        indent=2,
    )


def _one(judged: Judged, result: Result) -> dict[str, Any]:
    finding = judged.finding
    return {
        "code": finding.code,
        "severity": judged.severity,
        "title": result.checked.get(finding.code, ""),
        "message": finding.message,
        "remedy": finding.remedy,
        "path": finding.path,
        "line": finding.line,
    }
