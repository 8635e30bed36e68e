"""A result for code scanners: SARIF 2.1.0 (OASIS standard), as GitHub code scanning reads it."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
from typing import Any
from urllib.parse import quote

from surefoot import __version__

from ..context import TASK
from ..finding import Finding, RatedFinding, Result
from ..rules import RULES, Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NO_FILE = "Dockerfile"  # a scanner needs a file for every result
_ORDER = list(RULES)


def to_sarif(result: Result) -> str:
    """Return a SARIF log with one run; ignored findings are suppressed results with their reason.

    Paths of an image are relative to its root; those of an inspected folder are relative to the
    working directory, so that a scanner finds the file in the repository.
    """
    run = {
        "tool": {
            "driver": {
                "name": "surefoot doctor",
                "version": __version__,
                "rules": [_describe_rule(code, rule) for code, rule in RULES.items()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _describe_finding(rated, result.folder) for rated in (*result.findings, *result.ignored)
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _describe_rule(code: str, rule: Rule) -> dict[str, Any]:
    return {
        "id": code,
        "name": code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {
            "text": f"{rule.explanation}\nRemedy: {rule.remedy}",
            "markdown": f"{rule.explanation}\n\n**Remedy**: {rule.remedy}",
        },
        "defaultConfiguration": {"level": rule.severity},
    }


def _describe_finding(rated: RatedFinding, folder: str) -> dict[str, Any]:
    finding = rated.finding
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path, folder)}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    described: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": _ORDER.index(finding.code),
        "level": rated.severity,
        "message": {"text": f"{finding.message}\nRemedy: {finding.remedy}"},
        "locations": [{"physicalLocation": physical}],
        # Without the line: a finding that moves stays the same.
        "partialFingerprints": {"surefoot/v1": _fingerprint(finding)},
    }
    if rated.reason:
        described["suppressions"] = [{"kind": "external", "justification": rated.reason}]
    return described


def _fingerprint(finding: Finding) -> str:
    text = f"{finding.code}\0{finding.path}\0{finding.message}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _uri(path: str, folder: str) -> str:
    if not path:
        return _NO_FILE
    if folder and (path == TASK or path.startswith(f"{TASK}/")):
        path = posixpath.normpath(posixpath.join(os.path.relpath(folder), path[len(TASK) + 1 :]))
    return quote(os.fsencode(path.lstrip("/") or "."))
