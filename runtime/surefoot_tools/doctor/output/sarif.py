"""A result for code scanners: SARIF 2.1.0 (OASIS standard), as GitHub's code scanning takes it."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from surefoot import __version__

from ..catalogue import Rule
from ..finding import Finding
from ..image.context import TASK
from ..result import Judged, Result

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOWHERE = "Dockerfile"  # a scanner wants a file for every result


def to_sarif(result: Result, rules: Mapping[str, Rule]) -> str:
    """Return a SARIF log with one run; ignored findings are suppressed results with their reason.

    Paths of the image are relative to its root; those of an inspected folder are that folder's, so
    that a scanner finds the file in the repository. Severities are SARIF's levels.
    """
    order = list(rules)
    run = {
        "tool": {
            "driver": {
                "name": "surefoot doctor",
                "version": __version__,
                "rules": [_rule(rules[code]) for code in order],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(judged, result, order) for judged in (*result.findings, *result.ignored)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": rule.explanation},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(judged: Judged, result: Result, order: list[str]) -> dict[str, Any]:
    finding = judged.finding
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path, result.folder)}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    described: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": order.index(finding.code),
        "level": judged.severity,
        "message": {"text": f"{finding.message}\nRemedy: {finding.remedy}"},
        "locations": [{"physicalLocation": physical}],
        # The line is not part of it: a finding that moves stays the same.
        "partialFingerprints": {"surefoot/v1": _fingerprint(finding)},
    }
    if judged.reason:
        described["suppressions"] = [{"kind": "external", "justification": judged.reason}]
    return described


def _fingerprint(finding: Finding) -> str:
    text = f"{finding.code}\0{finding.path}\0{finding.message}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _uri(path: str, folder: str) -> str:
    if not path:
        return _NOWHERE
    if folder and (path == TASK or path.startswith(f"{TASK}/")):
        path = posixpath.normpath(posixpath.join(os.path.relpath(folder), path[len(TASK) + 1 :]))
    return quote(os.fsencode(path.lstrip("/") or "."))
